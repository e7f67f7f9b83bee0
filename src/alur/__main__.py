"""`python -m alur` is `alur`."""

import sys

from alur.cli import main

sys.exit(main())
