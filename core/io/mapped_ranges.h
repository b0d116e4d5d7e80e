#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <string>

namespace nf {

/// Notes a mapping of a file, with the file's state (fstat) from before it was mapped. Thread-safe.
void note_mapping(const std::byte* data, std::size_t size, const std::string& path,
                  const struct stat& status);
/// The state that was noted of the mapping that begins there; nullopt: none does.
std::optional<struct stat> mapped_status(const std::byte* data);
/// The mapping that begins there is gone.
void forget_mapping(const std::byte* data);

/// Throws DataError "FILE: ..." where a file that is mapped now is another one than when it was
/// mapped: replaced, rewritten (its size or its time of modification), or gone. Whatever was read
/// before a call that returns is from the files as they were opened.
void check_mapped_files();

/// The path of the file that is mapped around an address; nullptr: none. Takes no lock and no
/// memory: for the handler of SIGBUS, which the kernel sends where a file has become shorter than
/// what is read of it.
const char* mapped_file_at(const void* address) noexcept;

}  // namespace nf
