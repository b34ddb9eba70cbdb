# Linux and macOS; Windows needs no make: see README.md.
# Values of the main job; change one so: make report AS_OF=2023-10-20 TARGET_YEAR=2023
INDEX_CODE  = PAR
AREA        = TP. Hồ Chí Minh
TARGET_YEAR = 2024
AS_OF       = 2024-10-20
ARGS        =# more options for the command of the target
# ----
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
READY   := .venv/.ready
PYTHON  ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python; do \
             $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
RUN     := .venv/bin/python -m
SHARED  := -n 2 --dist loadgroup --no-loadscope-reorder# tests/order.py says what runs first
ALLOW_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)# in a container there is often no other user
export INDEX_CODE AREA TARGET_YEAR AS_OF
# Text is UTF-8 everywhere; one thread for each process, as notebooks and tests run beside each other.
export PYTHONUTF8 := 1
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
# Containers often forbid Python to keep what it has compiled; each kernel would then compile pandas anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help report example quick test mutate lab check format bench architecture lock audit sbom wheel clean
help:  ## danh sách này | this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

report: $(READY)  ## chạy dự báo, viết báo cáo vào reports/ | run the main job, write reports/
	@$(RUN) forecast report --index-code "$$INDEX_CODE" --area "$$AREA" --target-year "$$TARGET_YEAR" --as-of "$$AS_OF" $(ARGS)

example: $(READY)  ## ví dụ đầy đủ với số giả định | the same with a complete made-up example, into .cache/
	@.venv/bin/python tools/example.py .cache/example-data
	@$(RUN) forecast report --index-code PAR --area "$$AREA" --target-year 2024 --as-of 2024-10-20 \
	  --data-dir .cache/example-data --reports-dir .cache/example-reports $(ARGS)

quick: $(READY)  ## kiểm thử nhanh, chừng một phút | the tests that start no program, in about a minute
	@$(RUN) pytest --quick -q $(SHARED) $(ARGS)

test: $(READY)  ## chạy toàn bộ kiểm thử | run the whole test suite
	@$(RUN) pytest --durations 10 $(SHARED) $(ARGS)

mutate: $(READY)  ## sửa mã từng chỗ để thử kiểm thử | change the code place by place: do the tests notice? (hours)
	@.venv/bin/python tools/mutate.py $(ARGS)

lab: $(READY)  ## mở các notebook trong JupyterLab | open the notebooks in JupyterLab
	@$(RUN) jupyterlab --LabApp.default_url=/lab/tree/notebooks/00_start.ipynb $(ALLOW_ROOT) $(ARGS)

check: $(READY)  ## kiểm tra mã nguồn | ruff (format and lint), mypy strict, import-linter
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@.venv/bin/lint-imports --no-logo

format: $(READY)  ## định dạng mã nguồn | let ruff format the code and mend what it can
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

bench: $(READY)  ## đo độ chính xác và thời gian | measure accuracy and time beside other tools
	@$(RUN) benchmarks $(ARGS)

architecture: $(READY)  ## vẽ các phòng của mã nguồn | draw the rooms of the package and their imports, into docs/images/
	@.venv/bin/python tools/architecture.py

lock: $(READY)  ## khóa lại phiên bản các gói | write requirements.lock and environment.yml (UPGRADE=1: newer versions)
	@.venv/bin/python tools/lock.py $(if $(UPGRADE),--upgrade)

audit: $(READY)  ## hỏi lỗ hổng đã biết của các gói | ask for known holes in the locked packages
	@.venv/bin/python tools/audit.py $(ARGS)

sbom: $(READY)  ## liệt kê các gói và giấy phép (CycloneDX) | list all packages and licences, into dist/sbom.json
	@mkdir -p dist
	@.venv/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o dist/sbom.json .venv
	@echo dist/sbom.json

wheel: $(READY)  ## đóng gói, cùng nguồn thì cùng từng byte | build the package: the same bytes from the same source, into dist/
	@SOURCE_DATE_EPOCH="$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)}" $(RUN) hatchling build -t wheel

clean:  ## xóa .venv và các tệp tạm, giữ báo cáo | remove .venv and caches, keep reports
	rm -rf .venv .cache .grimp_cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find src tests tools benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(READY): requirements.lock pyproject.toml tools/set_up.py
	@[ -n "$(PYTHON)" ] || { echo "Cần Python 3.11 trở lên; cài đặt, hoặc chỉ ra: make PYTHON=/đường/dẫn/python3"; \
	  echo "Python 3.11 or newer is needed: install it, or name it: make PYTHON=/path/to/python3"; exit 1; } >&2
	@"$(PYTHON)" tools/set_up.py
