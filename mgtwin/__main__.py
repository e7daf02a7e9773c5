"""``python -m mgtwin`` is the command line ``mgtwin``."""

from .cli import main

if __name__ == "__main__":
    main()
