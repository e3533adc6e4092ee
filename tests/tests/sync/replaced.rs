// SPDX-License-Identifier: GPL-2.0-only

//! Steps for drivers that use a part of the layer that was replaced or renamed.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use super::Fixture;

/// A driver of the first version, which held its registration.
const HELD: &str = "
struct TcmXModule {
    _fabric: Registration<Fabric>,
}

impl kernel::Module for TcmXModule {
    fn init(module: &'static ThisModule) -> Result<Self> {
        Ok(Self { _fabric: Registration::new(module)? })
    }
}
";

#[test]
fn a_driver_that_holds_its_registration_is_told_to_give_it_to_the_layer() {
    let fixture = Fixture::new("nop");
    let driver = fixture.text("tcm_x.rs");
    fs::write(fixture.dir.join("tcm_x.rs"), format!("{driver}{HELD}")).unwrap();
    let steps = "To do: tcm_x.rs: replace `module!` by `module_target_fabric!` of `crate::target`, with \
                 `type: Fabric`\n\
                 To do: tcm_x.rs: remove the type of the module and its `impl kernel::Module`: the \
                 layer has both\n\
                 To do: tcm_x.rs: remove `Registration` from the imports\n";
    fixture.sync().assert().success().stdout(contains(steps));
    let assert = fixture.sync().arg("--check").assert().failure();
    assert.stderr(contains("do the steps above"));
    fs::write(fixture.dir.join("tcm_x.rs"), driver).unwrap();
    fixture
        .sync()
        .assert()
        .success()
        .stdout(contains("To do").not());
}

#[test]
fn renamed_types_of_the_layer_are_steps_of_the_author() {
    let fixture = Fixture::new("loopback");
    let rename = |file: &str, from: &str, to: &str| {
        let text = fixture.text(file).replace(from, to);
        fs::write(fixture.dir.join(file), text).unwrap();
    };
    rename("tcm_x.rs", "SessionData", "Login");
    rename("loopback.rs", "SessionData", "Login");
    let queue = "fn drain<R: Right<Fabric = Fabric>>(queue: &CmdQueue<R>) {}\n";
    let text = fixture.text("loopback.rs") + queue;
    fs::write(fixture.dir.join("loopback.rs"), text).unwrap();
    rename(
        "tcm_x.rs",
        "Result<impl PinInit<Self::Data, Error>>",
        "Result<Self::Data>",
    );
    let steps = "To do: tcm_x.rs: replace `Login` of `crate::target` by `SessionData`, its new name\n\
                 To do: loopback.rs: replace `Login` of `crate::target` by `SessionData`, its new \
                 name\n\
                 To do: tcm_x.rs: `init` returns `Result<impl PinInit<Self::Data, Error>>`; \
                 `target::by_value` makes it of a value\n\
                 To do: loopback.rs: replace `Right` of `crate::target` by `QueuedCmd`, its new name\n";
    fixture.sync().assert().success().stdout(contains(steps));
    rename("tcm_x.rs", "Login", "SessionData");
    rename("loopback.rs", "Login", "SessionData");
    rename("loopback.rs", "Right", "QueuedCmd");
    rename(
        "tcm_x.rs",
        "Result<Self::Data>",
        "Result<impl PinInit<Self::Data, Error>>",
    );
    fixture
        .sync()
        .assert()
        .success()
        .stdout(contains("To do").not());
}
