"""Another program, for tests: a small window from which files or a text can be dragged.

python drag_source.py files song.ogg other.ogg
python drag_source.py text "https://www.youtube.com/watch?v=..."
"""

import sys
from pathlib import Path

from tkinterdnd2 import COPY, DND_FILES, DND_TEXT, TkinterDnD

PLACE = "160x80+1200+40"  # beside the window under test
# tkdnd hands files out in a form that Tk turns into numbers; a desktop's file manager sends plain bytes, as this does.
SEND_BYTES = r"""
rename ::tkdnd::xdnd::_SendData ::tkdnd::xdnd::_SendOther
proc ::tkdnd::xdnd::_SendData {type offset bytes args} {
    if {![string match text/uri-list* $type]} { return [_SendOther $type $offset $bytes {*}$args] }
    foreach name {drag_source selection_requestor selection_property selection_target selection_time} {
        variable _dodragdrop_$name
    }
    set list "[join $::uris \r\n]\r\n"
    XChangeProperty $_dodragdrop_drag_source $_dodragdrop_selection_requestor $_dodragdrop_selection_property \
        $_dodragdrop_selection_target 8 $_dodragdrop_selection_time $list [string length $list]
    return -code break
}
"""

kind, *values = sys.argv[1:]
root = TkinterDnD.Tk()
root.title("drag source")
root.geometry(PLACE)
what = DND_FILES if kind == "files" else DND_TEXT
root.drag_source_register(1, what)
root.tk.call("set", "uris", [Path(value).as_uri() for value in values if kind == "files"])
root.tk.eval(SEND_BYTES)
root.dnd_bind("<<DragInitCmd>>", lambda _: (COPY, what, values[0]))
root.mainloop()
