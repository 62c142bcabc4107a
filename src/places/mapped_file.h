#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

namespace herd::places {

// A whole file mapped read-only and shared, so that all processes of a machine that map it have it
// in memory once. Whoever replaces the file must rename a new one over it: a file that is cut short
// under a mapping kills the reader (SIGBUS).
class MappedFile {
 public:
  // The error names the file. Only a regular file can be mapped; an empty one is an empty view.
  static std::expected<MappedFile, std::string> Open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  // Starts at a page boundary. Lives as long as this object.
  std::string_view Bytes() const { return {data_, size_}; }

  // Tells the system that the file will be read from front to back (or, with false, here and
  // there).
  void ExpectSequentialReading(bool sequential) const;

 private:
  MappedFile(const char* data, std::size_t size) : data_(data), size_(size) {}

  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace herd::places
