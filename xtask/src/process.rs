//! Starting other programs, and saying so.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// Prints what comes next, so that no long step is silent.
pub(crate) fn heading(text: &str) {
    println!("\n==> {text}");
}

/// The command as one would type it (without its directory, which is the project's or said beside it).
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    let mut line = words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ");
    if let Some(root) = crate::files::root().to_str() {
        line = line.replace(&format!("{root}/"), "");
    }
    match line.char_indices().nth(160) {
        Some((end, _)) => line.get(..end).unwrap_or_default().to_owned() + "…",
        None => line,
    }
}

/// Runs a command whose output goes straight to the terminal (cargo then shows its progress bar).
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("    $ {}", shown(command));
    let status = command
        .status()
        .with_context(|| format!("`{}` could not be started", shown(command)))?;
    check(status, command)
}

/// Runs a command whose output is of no interest to who watches, unless it fails; what it wrote to its standard output.
pub(crate) fn run_quietly(command: &mut Command) -> Result<Vec<u8>> {
    println!("    $ {}", shown(command));
    let output = command
        .output()
        .with_context(|| format!("`{}` could not be started", shown(command)))?;
    if !output.status.success() {
        print!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
    check(output.status, command)?;
    Ok(output.stdout)
}

/// What a command writes to its standard output, or `None` when it is missing or fails. Prints nothing.
pub(crate) fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a command, passes its output on and hands every line of it to `listen` too.
pub(crate) fn run_listening(command: &mut Command, listen: impl Fn(&str) + Sync) -> Result<()> {
    println!("    $ {}", shown(command));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{}` could not be started", shown(command)))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(|| stdout.map(|pipe| pass_on(pipe, &listen)));
        scope.spawn(|| stderr.map(|pipe| pass_on(pipe, &listen)));
    });
    let status = child.wait()?;
    check(status, command)
}

fn pass_on(pipe: impl Read, listen: &impl Fn(&str)) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line), Ok(length) if length > 0) {
        let mut out = std::io::stdout().lock();
        // When nobody reads our output any more, the command's is still read to its end, or it would hang.
        let _ = out.write_all(&line).and_then(|()| out.flush());
        drop(out);
        listen(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

fn check(status: ExitStatus, command: &Command) -> Result<()> {
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// A wall time as people read it.
pub(crate) fn seconds(time: Duration) -> String {
    let all = time.as_secs();
    if all < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", all / 60, all % 60)
    }
}

/// Runs a step under a heading and prints how long it took.
pub(crate) fn timed<T>(text: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
    heading(text);
    let start = Instant::now();
    let outcome = step()?;
    println!("    {}", seconds(start.elapsed()));
    Ok(outcome)
}
