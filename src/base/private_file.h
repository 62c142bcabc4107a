#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>

namespace herd::base {

// Reads a file that holds a secret, at most `bytes_max` bytes of it. The error names the file and
// says what to do; it never quotes the content. Refused are: what is not a regular file (a device
// would never end, a FIFO never begin), an empty file, one that is longer than `bytes_max`, one
// that belongs to somebody else than this process's user or root, and one that others can read or
// write. A file of root's may be readable by its group when this process is not root's: so service
// managers hand secrets to a server. A symbolic link is followed unless another user made it.
std::expected<std::string, std::string> ReadPrivateFile(const std::filesystem::path& file,
                                                        std::size_t bytes_max);

}  // namespace herd::base
