#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace herd::base {

// The content of a regular file, copied into memory when it is read. A mapping of the file would
// be cheaper to share, but whoever cuts the file short would kill the reader (SIGBUS), as a disk
// that fails would, and whoever writes to it would change what the reader has checked already.
class FileBytes {
 public:
  // Zero bytes that may be read behind the content: parsers that read ahead need them.
  static constexpr std::size_t kPadding = 64;

  // Is shown the first bytes of a file (kHeadBytes, or all of a shorter one) and its size before
  // the rest is read; what it returns, unless that is empty, is an error.
  using Look = std::function<std::string(std::string_view head, std::uint64_t size)>;
  static constexpr std::size_t kHeadBytes = 4096;

  // The error names the file: it is not there or not regular, larger than the machine's memory, or
  // it was changed while it was read. Symbolic links are followed. Reads at most as many bytes as
  // the file had when it was opened.
  static std::expected<FileBytes, std::string> Read(const std::filesystem::path& path,
                                                    const Look& look = {});

  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&& other) noexcept;
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  ~FileBytes();

  // Starts at a page boundary; lives as long as this object.
  std::string_view Bytes() const { return {data_, size_}; }

 private:
  FileBytes(char* data, std::size_t size) : data_(data), size_(size) {}

  char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace herd::base
