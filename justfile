# The commands of the project: `just` lists them (https://just.systems). They use the environment that the README makes.

bin := ".venv/bin"
export OMP_NUM_THREADS := "1"
export MPLBACKEND := "agg"

# list the commands
default:
    @just --list

# the tests, without the slow ones, benchmarks and notebooks: just test tests/unit -k cell
test *arguments:
    {{bin}}/python -m pytest -n 2 {{arguments}}

# the slow tests
slow *arguments:
    {{bin}}/python -m pytest -m slow -n 2 tests {{arguments}}

# the benchmarks, which compare timings: with nothing else running
bench *arguments:
    {{bin}}/python -m pytest -m benchmark -p no:xdist tests {{arguments}}

# style, types, layers, and the house in numbers
style:
    {{bin}}/ruff check .
    {{bin}}/ruff format --check .
    {{bin}}/mypy
    {{bin}}/lint-imports
    {{bin}}/python -m tests.architecture.report

# the site of the documentation, with notebooks run afresh: build/site/index.html
docs:
    {{bin}}/python docs/make_site.py

# the reference and the figures of the documentation, made anew
figures:
    {{bin}}/python docs/make_reference.py
    {{bin}}/python docs/make_figures.py
