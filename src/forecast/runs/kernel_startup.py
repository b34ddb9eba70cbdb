"""What a kernel of a run does before its first cell: failures are errors, and no output is endless."""

from typing import Final

# IPython goes on after a shell line that failed, and after exit; here both end their cell as errors.
# A script below %%bash that failed, or has no program here, is told in the same words.
SHELL_ERROR: Final = "ShellLineError"
MAGIC_ERROR: Final = "UsageError"  # IPython's own
_SHELL: Final = f"""\
def _strict(shell, system, getoutput, cell_magic):
    from shutil import which
    from subprocess import CalledProcessError
    class {SHELL_ERROR}(RuntimeError):
        pass
    def run(line):
        system(line)
        code = shell.user_ns.get("_exit_code", 0)
        if code:
            raise {SHELL_ERROR}(f"{{code}} !{{line}}")
    def read(line, split=True, depth=0):
        shell.user_ns["_exit_code"] = 0
        shell.system_raise_on_error = True  # else nothing says how the line ended
        try:
            return getoutput(line, split, depth + 1)
        except Exception as error:
            code = shell.user_ns.get("_exit_code", 0)
            if not code:
                raise
            raise {SHELL_ERROR}(f"{{code}} !{{line}}") from error
        finally:
            shell.system_raise_on_error = False
    def script(name, line, cell):
        command = f"%%{{name}} {{line}}".strip()
        if name in shell.magics_manager.registry["ScriptMagics"].script_magics and not which(name):
            raise {SHELL_ERROR}(f"127 {{command}}")
        try:
            return cell_magic(name, line, cell)
        except CalledProcessError as error:
            if not isinstance(error.cmd, bytes):  # raised by Python of the cell, and not by %%bash
                raise
            raise {SHELL_ERROR}(f"{{error.returncode}} {{command}}") from None
    def misused(error):  # of a % line that IPython cannot carry out, else told by no error at all
        shell._showtraceback(type(error), error, [f"{MAGIC_ERROR}: {{error}}"])
    def leave():
        raise SystemExit(0)
    shell.system, shell.getoutput, shell.ask_exit = run, read, leave
    shell.run_cell_magic, shell.show_usage_error = script, misused
_strict(get_ipython(), get_ipython().system, get_ipython().getoutput, get_ipython().run_cell_magic)
del _strict
"""

# Hundreds of megabytes that are printed or shown would be copied several times, only to be refused.
MOST_OUTPUT: Final = 20_000_000  # characters
_BOUNDED: Final = f"""
def _bounded(streams, formatter):
    left = {MOST_OUTPUT + 1}
    def bounded(write):
        def first(text):
            nonlocal left
            shown = text[:left]
            left -= len(shown)
            return write(shown) if shown or not text else len(text)
        return first
    def shown(format):
        def first(*args, **named):
            data, about = format(*args, **named)
            texts = {{kind: part for kind, part in data.items() if isinstance(part, str)}}
            return data | {{kind: part[: {MOST_OUTPUT + 1}] for kind, part in texts.items()}}, about
        return first
    for stream in streams:
        stream.write = bounded(stream.write)
    formatter.format = shown(formatter.format)
import sys as _sys
_bounded((_sys.stdout, _sys.stderr), get_ipython().display_formatter)
del _bounded, _sys
"""

STARTUP: Final = _SHELL + _BOUNDED
