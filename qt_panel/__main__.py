"""`python -m qt_panel`."""

import sys

from qt_panel.app import main

sys.exit(main())
