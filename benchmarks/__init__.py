"""Quality and speed, measured: `upzeroir bench`. Every decision is made on `val`; eval/ is only for reports."""
