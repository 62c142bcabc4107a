#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

namespace herd::base {

// What a NewFile does where its target is there already.
enum class IfExists {
  kReplace,  // a regular file is replaced; anything else is refused
  kKeep,     // it stays as it is
};

// A file that is there whole or not at all. It is written without a name where the file system can
// do that (O_TMPFILE), else under a random one beside the target (O_EXCL, O_NOFOLLOW), is flushed
// to the disk, and then takes the target's name in one step. It is for its owner alone (0600, less
// what the umask takes away), and no symbolic link at the target's place is followed. Without
// Commit nothing is left behind. Errors of writing are kept and come out of Commit, so that the
// writing itself needs no checks.
class NewFile {
 public:
  // Makes missing directories for their owner alone. With kReplace a target that could not be
  // replaced is refused now, not after long work. The error names the target.
  static std::expected<NewFile, std::string> Create(const std::filesystem::path& target,
                                                    IfExists if_exists);

  NewFile(NewFile&& other) noexcept;
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  void Append(std::string_view bytes);

  // Writes over the beginning of the file.
  void OverwriteStart(std::string_view bytes);

  // Puts the file in the target's place. False, only with kKeep: something was there. Of several
  // that do this at once with kKeep, one gets true. The error names the target. On a file system
  // that knows neither hard links nor renaming without replacing, others may see a kKeep file half
  // written for a moment.
  std::expected<bool, std::string> Commit();

  // From now on a SIGINT, SIGTERM or SIGHUP that ends the process removes the temporary name first,
  // if the file of a NewFile has one. Signals that are ignored stay so. For programs that write one
  // such file at a time.
  static void RemoveTemporaryOnSignals();

 private:
  NewFile(int folder, std::filesystem::path target, IfExists if_exists);

  int Open();
  int OpenNamed();
  int GiveName();  // to a file without one, for a rename
  int CopyTo(int other) const;
  int TakePlace();      // returns an errno, or 0; with kKeep EEXIST when something is there
  int TakeFreePlace();  // the same for kKeep
  void RemoveName();
  void Flush();
  void Keep(int error);

  int folder_;  // descriptor of the target's directory: what is renamed later leads elsewhere no
                // more
  int fd_ = -1;
  std::filesystem::path target_;
  std::string name_;       // the target's, in its directory
  std::string temporary_;  // name in the directory; empty: it has none
  IfExists if_exists_;
  std::string buffer_;
  int error_ = 0;  // the first errno
};

}  // namespace herd::base
