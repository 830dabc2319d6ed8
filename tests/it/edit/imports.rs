//! Imports: once, and where they belong.

use flux::edit::{Operation, Refusal};

use super::{check, check_refused, done, edited, path};
use crate::fixture::Fixture;

fn import(code: &str) -> Operation {
    Operation::AddImport { path: path("main.py"), code: code.to_owned() }
}

#[test]
fn an_import_joins_its_group() {
    let old = "\"\"\"Doc.\"\"\"\n\nimport os\nimport sys\nfrom typing import Any\n\nimport requests\n\nfrom .rows import Row\n\nX = 1\n";
    for (code, before, after) in [
        ("import re", "import sys\n", "import re\nimport sys\n"),
        ("import abc", "import os\n", "import abc\nimport os\n"),
        ("from pathlib import Path", "from typing", "from pathlib import Path\nfrom typing"),
        ("import urllib.parse", "from typing", "import urllib.parse\nfrom typing"),
        ("import numpy as np", "import requests\n", "import numpy as np\nimport requests\n"),
        ("from . import cart", "from .rows", "from . import cart\nfrom .rows"),
        ("from .cart import Cart", "from .rows", "from .cart import Cart\nfrom .rows"),
        ("from __future__ import annotations", "import os\n", "from __future__ import annotations\n\nimport os\n"),
    ] {
        check(&import(code), old, &old.replacen(before, after, 1));
    }
}

#[test]
fn a_group_of_its_own_is_opened() {
    for (code, old, new) in [
        ("import os", "x = 1\n", "import os\n\nx = 1\n"),
        ("import os", "def f(): pass\n", "import os\n\n\ndef f(): pass\n"),
        ("import os", "\"\"\"Doc.\"\"\"\n", "\"\"\"Doc.\"\"\"\n\nimport os\n"),
        (
            "import os",
            "\"\"\"Doc.\n\nMore.\n\"\"\"\n\n\ndef f(): pass\n",
            "\"\"\"Doc.\n\nMore.\n\"\"\"\n\nimport os\n\n\ndef f(): pass\n",
        ),
        ("import os", "", "import os\n"),
        (
            "import os",
            "#!/usr/bin/python\n# coding: utf-8\n# License.\n\nx = 1\n",
            "#!/usr/bin/python\n# coding: utf-8\n# License.\n\nimport os\n\nx = 1\n",
        ),
        (
            "import os",
            "#!/usr/bin/python\n# About f.\ndef f(): pass\n",
            "#!/usr/bin/python\n\nimport os\n\n\n# About f.\ndef f(): pass\n",
        ),
        ("import requests", "import os\n\nfrom .a import b\n", "import os\n\nimport requests\n\nfrom .a import b\n"),
        ("import requests", "import os\r\nx = 1\r\n", "import os\r\n\r\nimport requests\r\n\r\nx = 1\r\n"),
        ("import os", "# On a.\nfrom .a import b\n", "# On a.\n\nimport os\n\nfrom .a import b\n"),
    ] {
        check(&import(code), old, new);
    }
}

#[test]
fn a_module_of_the_project_is_local() {
    let fixture = Fixture::parse(
        "\n#- main.py\nimport requests\n\nfrom shop import cart\n#- shop/__init__.py\n#- shop/cart.py\n",
    );
    let pending = done(&fixture, &[import("from shop.rows import Row")]).unwrap();
    let new = pending.get(&path("main.py")).unwrap().new_text();
    assert_eq!(new, "import requests\n\nfrom shop import cart\nfrom shop.rows import Row\n");
}

#[test]
fn an_import_is_added_once() {
    let old = "import os, sys\nimport a.b\nimport numpy as np\nfrom x import a, b as c\ntry:\n    import json\nexcept ImportError:\n    json = None\n";
    for code in [
        "import os",
        "import sys",
        "import a.b",
        "import numpy as np",
        "from x import a",
        "from x import b as c, a",
        "import json",
        "import os\nimport sys",
    ] {
        check(&import(code), old, old);
    }
    check(
        &import("import os"),
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import os\n",
        "import os\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import os\n",
    );
}

#[test]
fn names_of_one_module_are_merged() {
    for (code, old, new) in [
        ("from x import b", "from x import a, c\n", "from x import a, b, c\n"),
        ("from x import z", "from x import c, a  # why\n", "from x import c, a, z  # why\n"),
        ("from x import d, b", "from x import (a, c,)\n", "from x import (a, b, c, d,)\n"),
        ("from x import b", "from x import (\n    a,\n    c,\n)\n", "from x import (\n    a,\n    b,\n    c,\n)\n"),
        (
            "from x import d",
            "from x import (\r\n    a,\r\n    c,  # why, then\r\n)\r\n",
            "from x import (\r\n    a,\r\n    c,  # why, then\r\n    d,\r\n)\r\n",
        ),
        ("from x import d", "from x import (\n    a,\n    c\n)\n", "from x import (\n    a,\n    c,\n    d\n)\n"),
        ("from x import b as y", "from x import a, \\\n    c\n", "from x import a, \\\n    b as y, c\n"),
        ("from .x import b", "from .x import a\nfrom x import a as q\n", "from .x import a, b\nfrom x import a as q\n"),
        ("from x import *", "from x import a\n", "from x import a\nfrom x import *\n"),
    ] {
        check(&import(code), old, new);
    }
    let long = "from package_of_considerable_length import first_name_of_some, second_name_of_some\n";
    check(
        &import("from package_of_considerable_length import third_name"),
        long,
        "from package_of_considerable_length import (\n    first_name_of_some,\n    second_name_of_some,\n    third_name,\n)\n",
    );
}

#[test]
fn a_name_that_means_something_else_is_refused() {
    check_refused(
        &import("from mine import Path"),
        "from pathlib import Path\n",
        "Name 'Path' is already imported from 'pathlib' in 'main.py' at line 1. Use that one, or import the other under another name with `as`.",
    );
    check_refused(
        &import("from mine import Cart"),
        "class Cart: pass\n",
        "Name 'Cart' is already defined in 'main.py': class 'Cart' at line 1. Import it under another name with `as`.",
    );
    check(&import("import os.path"), "import os\n", "import os\nimport os.path\n");
}

#[test]
fn what_is_no_import_is_refused() {
    for code in ["x = 1", "", "import os\nx = 1", "try:\n    import os\nexcept ImportError:\n    pass", "import"] {
        assert!(matches!(edited("x = 1\n", &import(code)), Err(Refusal::BadCode(_))), "{code:?}");
    }
}
