"""`python -m upzeroir_plugin` is `upzeroir`."""

import sys

from upzeroir_plugin.cli import main

sys.exit(main())
