// SPDX-License-Identifier: GPL-2.0-only

//! A guest program: a hostile host of a USB mass storage device, with both of its transports, Bulk-Only
//! (BOT) and USB Attached SCSI (UAS) without streams. It claims the interface from the kernel's driver,
//! and gives it back at its end.

mod bot;
mod bot_cases;
mod bot_lengths;
mod device;
mod fuzz;
mod scsi;
mod uas;
mod uas_cases;
mod uas_data;

use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use xtask::shell::program;

use bot::Bot;
use device::Product;
use uas::Uas;

fn main() -> ExitCode {
    program("usb-client", run)
}

fn run(args: &[&str]) -> Result<()> {
    let [what, product, rest @ ..] = args else {
        bail!("want: bot|uas|silent PRODUCT, or bot-fuzz|uas-fuzz PRODUCT SECONDS SEED");
    };
    let product = Product(u16::from_str_radix(product, 16).context("PRODUCT")?);
    let number = |index: usize| -> Result<u64> {
        let text: &&str = rest.get(index).context("a number is missing")?;
        Ok(text.parse()?)
    };
    match *what {
        "bot" => all::<Bot>(
            product,
            &[&bot_lengths::CASES[..], &bot_cases::CASES].concat(),
        ),
        "uas" => all::<Uas>(product, &[&uas_cases::CASES[..], &uas_data::CASES].concat()),
        "silent" => silent(product),
        "bot-fuzz" => fuzz::fuzz::<Bot>(product, number(0)?, number(1)?),
        "uas-fuzz" => fuzz::fuzz::<Uas>(product, number(0)?, number(1)?),
        _ => bail!("no {what}"),
    }
}

/// Sends a write through UAS without its data, says so, and waits for the end of the input.
fn silent(product: Product) -> Result<()> {
    let mut uas = Uas::open(product)?;
    scsi::works(&mut uas)?;
    let tag = uas.next_tag();
    uas.send(&uas::command(tag, 0, &scsi::write(1)))?;
    let unit = uas.answer(tag)?;
    ensure!(unit == uas::Unit::WriteReady, "{unit:?}");
    println!("silent");
    std::io::read_to_string(std::io::stdin())?;
    Ok(())
}

/// A host that uses one of the transports.
trait Host: Sized {
    /// Claims the interface, and selects the transport's alternate setting.
    fn open(product: Product) -> Result<Self>;

    /// Brings the device to its state after [`Self::open`], as a host does after an error.
    fn recover(&mut self) -> Result<()>;

    /// Sends a command to LUN 0 with `out`, or for up to `length` bytes. Returns the data received.
    fn command(&mut self, cdb: &[u8], length: usize, out: &[u8]) -> Result<scsi::Ended>;
}

/// A case: its name, and a function that must succeed.
type Case<T> = (&'static str, fn(&mut T) -> Result<()>);

/// Runs all cases. After each, the device must still work.
fn all<T: Host>(product: Product, cases: &[Case<T>]) -> Result<()> {
    let mut host = T::open(product)?;
    scsi::works(&mut host).context("before the first case")?;
    let mut failed = 0;
    for (name, case) in cases {
        let result = case(&mut host).and_then(|()| {
            host.recover().context("recovery after that")?;
            scsi::works(&mut host).context("after that")
        });
        match result {
            Ok(()) => println!("ok {name}"),
            Err(error) => {
                failed += 1;
                println!("not ok {name}: {error:#}");
                // The next case begins with a device in a known state.
                drop(host);
                product.reset()?;
                host = T::open(product)?;
            }
        }
    }
    ensure!(failed == 0, "{failed} of {} failed", cases.len());
    Ok(())
}
