#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

namespace herd::places {

// A file that takes another's place only when it is whole: written under a temporary name beside
// the target, flushed to disk, then renamed. Without Commit nothing is left behind. Errors are kept
// and come out of Commit, so that the writing itself needs no checks.
class NewFile {
 public:
  // Makes missing folders. The error names the target.
  static std::expected<NewFile, std::string> Create(const std::filesystem::path& target);

  NewFile(NewFile&& other) noexcept;
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  void Append(std::string_view bytes);

  // CRC-32 (zlib's) of all that was appended after the last ResetChecksum.
  std::uint32_t Checksum() const { return checksum_; }
  void ResetChecksum() { checksum_ = 0; }

  // Writes over the beginning of the file, leaving the checksum alone.
  void OverwriteStart(std::string_view bytes);

  // Puts the file in the target's place; the error names the target.
  std::expected<void, std::string> Commit();

 private:
  NewFile(int fd, std::filesystem::path temporary, std::filesystem::path target);

  void Flush();
  void Keep(int error);

  int fd_;
  std::filesystem::path temporary_;
  std::filesystem::path target_;
  std::string buffer_;
  std::uint32_t checksum_ = 0;
  int error_ = 0;  // the first errno
};

}  // namespace herd::places
