//! The `paperround` command: parses the command line and hands over to `cli`.

/// The delivery engine makes and drops dozens of small pieces of memory for each mail, and SQLite as many:
/// with the system's allocator that takes a sixth of their time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    paperround::cli::main()
}
