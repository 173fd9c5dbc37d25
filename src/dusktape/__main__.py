"""`python -m dusktape`: the command line, for where its script is not on the path."""

from dusktape.cli import main

if __name__ == "__main__":
    main()
