#!/usr/bin/env python3
"""Start Alur from a clone: python3 run.py [demo | test | ci | any alur command].

Makes .venv beside this file, installs exactly what the lock says, and hands over. Standard library only, and readable by old Pythons,
so that even they can say what is missing.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
NEEDS = (3, 11)
UV = "uv==0.13.9"  # installs in seconds what pip installs in a minute


def main(args):
    """Install what is missing, then become the program that was asked for."""
    find_python()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # without bytecode every start takes twice as long
    todo = args[0] if args else "demo"
    install("requirements-dev.lock" if todo in ("test", "ci") else "requirements.lock")
    if todo == "test":
        os.chdir(ROOT)
        become(PYTHON, "-m", "pytest", *args[1:])
    if todo == "ci":
        become(os.path.join(ROOT, "bin", "ci"), *args[1:])
    become(PYTHON, "-m", "alur", todo, *args[1:])


def find_python():
    """Go on with a newer Python if this one is too old."""
    if sys.version_info >= NEEDS:
        return
    for minor in range(20, NEEDS[1] - 1, -1):
        newer = shutil.which("python3.%d" % minor)
        if newer:
            become(newer, os.path.abspath(__file__), *sys.argv[1:])
    give_up("Alur needs Python %d.%d and this is %d.%d; install it (Debian, Ubuntu: apt install python3.11 python3.11-venv)." % (NEEDS + sys.version_info[:2]))


def install(lock):
    """Bring .venv to what the lock says; nothing to do if it was brought there before."""
    stamp = os.path.join(VENV, lock + ".done")
    with open(os.path.join(ROOT, lock), "rb") as file:
        wanted = hashlib.sha256(file.read() + sys.version.encode() + VENV.encode()).hexdigest()
    if read(stamp) == wanted:
        return
    if os.path.exists(VENV) and not os.access(VENV, os.W_OK):
        give_up("%s belongs to another user; remove it, or clone Alur to a folder of your own." % VENV)
    import fcntl  # here, for where it does not exist the sentences above are still of use

    with open(os.path.abspath(__file__)) as this:
        fcntl.flock(this, fcntl.LOCK_EX)  # two starts at once: the second waits and finds everything done
        if read(stamp) == wanted:
            return
        if read(os.path.join(VENV, "python.version")) != sys.version:
            make_venv()
        say("Installing what %s lists ..." % lock)
        if not with_uv(lock) and call(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock):
            give_up("The packages could not be installed, see above; without a network, set PIP_INDEX_URL to where packages can be had.")
        with open(stamp, "w") as file:
            file.write(wanted)


def make_venv():
    """Make .venv anew, with our own source on its path and an `alur` of its own."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        give_up("Python cannot make a .venv here; install what it needs (Debian, Ubuntu: apt install python%d.%d-venv) and try again." % sys.version_info[:2])
    say("Making .venv ...")
    if call(sys.executable, "-m", "venv", "--clear", VENV):
        give_up("Python could not make %s, see above." % VENV)
    packages = subprocess.check_output([PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], universal_newlines=True).strip()
    write(os.path.join(packages, "alur.pth"), os.path.join(ROOT, "src") + "\n")
    command = os.path.join(VENV, "bin", "alur")
    write(command, "#!%s\nimport sys\nfrom alur.cli import main\nsys.exit(main())\n" % PYTHON)
    os.chmod(command, 0o755)
    write(os.path.join(VENV, "python.version"), sys.version)


def with_uv(lock):
    """Install with uv; False if there is none for this machine or it cannot."""
    uv = os.path.join(VENV, "bin", "uv")
    if not os.path.exists(uv) and call(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV):
        say("uv cannot be had here; pip does it, which takes longer.")
        return False
    # the certificates of the machine, as pip has it: companies put themselves in between
    if call(uv, "pip", "install", "--quiet", "--system-certs", "--python", PYTHON, "--require-hashes", "-r", lock):
        say("uv could not do it; pip tries again.")
        return False
    return True


def call(*command):
    """Run a program in the folder of this file; its exit code."""
    return subprocess.call(command, cwd=ROOT)


def become(program, *args):
    """Hand over; signals and exit code are the other program's from here."""
    sys.stdout.flush()
    os.execv(program, [program] + list(args))


def read(path):
    """Give the text of a file, or nothing."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def write(path, text):
    """Write a small file."""
    with open(path, "w") as file:
        file.write(text)


def say(text):
    """Tell how far we are; not on stdout, which belongs to the answer."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def give_up(text):
    """End with one sentence."""
    say(text)
    sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1:])
