//! A server's process.

use std::io::{BufRead as _, BufReader, Read};
use std::ops::Deref;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::people::Place;

/// A running server, ended with `SIGKILL` when dropped.
pub struct Server {
    child: Child,
    place: Place,
    output: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Deref for Server {
    type Target = Place;
    fn deref(&self) -> &Place {
        &self.place
    }
}

impl Server {
    /// Starts `command`, whose standard streams are pipes, and waits until it says as `name` where it listens.
    pub fn launch(mut command: Command, name: &str) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(url) = line
            .trim()
            .strip_prefix(&format!("{name} listening on "))
            .map(str::to_owned)
        else {
            let mut all = line;
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut all)
                .unwrap();
            panic!("it does not listen: {all}");
        };
        let output = Arc::new(Mutex::new(line));
        let readers = vec![
            collect(stdout, &output),
            collect(BufReader::new(child.stderr.take().unwrap()), &output),
        ];
        Self {
            child,
            place: Place { url },
            output,
            readers,
        }
    }

    /// The number of its process. Not every suite measures one.
    #[allow(dead_code)]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All it has written so far.
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, waits, and gives all it has written.
    pub fn stop(mut self) -> (ExitStatus, String) {
        self.ask_to_stop();
        self.wait()
    }

    pub fn ask_to_stop(&self) {
        self.signal("TERM");
    }

    pub fn signal(&self, name: &str) {
        let (option, process) = (format!("-{name}"), self.child.id().to_string());
        let told = Command::new("kill").args([option, process]).status();
        assert!(told.unwrap().success());
    }

    pub fn wait(&mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (status, self.output.lock().unwrap().clone())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut from: impl Read + Send + 'static, output: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let output = Arc::clone(output);
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            output
                .lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    })
}
