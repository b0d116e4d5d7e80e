#pragma once

namespace nf {

/// Descriptors 0 to 2 that are closed become /dev/null: else the next file that is opened would
/// get their numbers, and what is printed. To be called before any file is opened.
void open_standard_descriptors();
/// From now on a write that nobody reads (SIGPIPE) or that is over a limit of file size (SIGXFSZ)
/// fails instead of ending the process.
void ignore_write_signals();
/// From now on a checkpoint that becomes shorter while it is read (SIGBUS) ends the process with
/// its name and exit code 3 instead of a core dump. No file is half-written then but a last line of
/// records.jsonl or a temporary one, as after kill -9.
void catch_bus_errors();

}  // namespace nf
