//! `--exec`: a command for each alert or incident.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{reason, warn};

pub(crate) struct Exec {
    command: String,
    limit: Duration,
}

impl Exec {
    pub(crate) fn new(command: String, limit: Duration) -> Self {
        Exec { command, limit }
    }

    /// Runs the command with these values in its environment and waits for it; what goes wrong is only a note.
    pub(crate) fn run(&self, values: &[(&str, String)]) {
        match self.outcome(values) {
            Ok(Some(status)) if status.success() => {}
            Ok(Some(status)) => warn(format!("the command of --exec failed: {status}")),
            Ok(None) => {
                warn(format!(
                    "the command of --exec was stopped after {} s",
                    self.limit.as_secs_f64()
                ));
            }
            Err(error) => warn(format!("the command of --exec did not start: {}", reason(&error))),
        }
    }

    /// `None` if it was stopped.
    fn outcome(&self, values: &[(&str, String)]) -> io::Result<Option<ExitStatus>> {
        let mut command = shell(&self.command);
        command.stdin(Stdio::null()).stdout(io::stderr());
        for (name, value) in values {
            // A variable ends at a zero byte.
            command.env(format!("TAILSPOT_{name}"), value.replace('\0', ""));
        }
        let mut child = command.spawn()?;
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if start.elapsed() >= self.limit {
                stop(&mut child);
                return Ok(None);
            }
            thread::sleep(pause);
            pause = (2 * pause).min(Duration::from_millis(20));
        }
    }
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("sh");
    // In a group of its own, so that what it starts can be stopped too, and Ctrl-C is for us alone.
    command.args(["-c", line]).process_group(0);
    command
}

#[cfg(not(unix))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    command.args(["/C", line]);
    command
}

fn stop(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}
