"""Makes a program from unpacked packages runnable on a host with other libraries."""

from pathlib import Path

_SCRIPT = """\
#!/bin/sh
here=$(readlink -f "$0")
here=${{here%/*}}
exec "$here/{loader}" --library-path "{libraries}" --argv0 "$0" "$here/{program}" "$@"
"""


def write(folder: Path, program: str) -> None:
    """Write a script beside the unpacked files that starts ``folder/program`` (a relative path).

    The program runs through the dynamic loader and with the libraries in ``folder``, so the
    host's C library may be older or of another architecture. The folder can be moved.
    """
    loader = next(
        path for path in sorted(folder.rglob("ld-linux*.so.*")) if not path.is_symlink()
    )  # a link there is absolute: it means the host's
    libraries = sorted({path.parent for path in folder.rglob("lib*.so.*")})
    script = folder / Path(program).name
    script.write_text(
        _SCRIPT.format(
            loader=loader.relative_to(folder),
            libraries=":".join(f"$here/{path.relative_to(folder)}" for path in libraries),
            program=program,
        )
    )
    script.chmod(0o755)
