"""The stand-alone Qt panel. Its window comes with the panel's own issue; nothing is here yet."""
