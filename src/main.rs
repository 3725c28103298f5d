//! The command line: arguments in, exit status out.

fn main() -> std::process::ExitCode {
    routesim::cli::main()
}
