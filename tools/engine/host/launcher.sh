#!/bin/sh
# Started by the Pulumi engine under two names. A copy of this file is each of them:
#   pulumi-language-python          runs the user's program: language_host.py in ../host
#   pulumi-resource-pulumi-python   runs dynamic providers: a part of the Pulumi SDK for Python
# Both must find the same Python: PULUMI_PYTHON_CMD; else the `virtualenv` option; else `.venv` in
# the working directory, which is the program's folder; else python3.
#
# The last argument is the engine's address. The first line on stdout must be a port, so nothing
# here may print there.
set -eu

fail() {
    echo "$1" >&2
    exit 1
}

# The engine tells a language host its options only when it runs already. So the file is read here;
# the host checks afterwards that the result is right.
option_in_project_file() {
    folder=$PWD
    while [ ! -f "$folder/Pulumi.yaml" ]; do
        [ "$folder" != / ] || return 0
        folder=$(dirname "$folder")
    done
    option=$(sed -n "s/^[^#]*virtualenv:[[:space:]]*[\"']\{0,1\}\([^]\"',}#[:space:]]*\).*/\1/p" \
        "$folder/Pulumi.yaml" | head -n 1)
    case $option in
        '' | /*) echo "$option" ;;
        *) echo "$folder/$option" ;;
    esac
}

# Answers in $python. $1 is the virtual environment that the project names, or nothing.
find_python() {
    if [ -n "${PULUMI_PYTHON_CMD:-}" ]; then
        python=$PULUMI_PYTHON_CMD
    elif [ -n "$1" ]; then
        python=$1/bin/python
        [ -x "$python" ] ||
            fail "Pulumi.yaml names a virtual environment, but there is no $python seen from $PWD: create it, or set PULUMI_PYTHON_CMD."
    elif [ -x "$PWD/.venv/bin/python" ]; then
        python=$PWD/.venv/bin/python
    else
        python=python3
    fi
}

self=$0
while [ -L "$self" ]; do
    target=$(readlink "$self")
    case $target in
        /*) self=$target ;;
        *) self=$(dirname "$self")/$target ;;
    esac
done
bin=$(cd "$(dirname "$self")" && pwd -P)

case $(basename "$self") in
    pulumi-language-python)
        find_python "$(option_in_project_file)"
        exec "$python" -u "${bin%/*}/host/language_host.py" "$@"
        ;;
    pulumi-resource-pulumi-python)
        # Relative to the working directory, as Pulumi's own launcher takes it.
        find_python "${PULUMI_RUNTIME_VIRTUALENV:-}"
        exec "$python" -u -m pulumi.dynamic "$@"
        ;;
    *) fail "$0: not a name that the engine uses" ;;
esac
