"""`python -m podctl`."""

from podctl.cli import main

main()
