"""The process behind the window, and what it keeps; no tkinter."""
