#include "journal/faulty_file_system.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace herd::journal::testing {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class FaultyFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(FaultyFileSystem& owner, std::string name,
             std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), owner_(owner), name_(std::move(name)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    owner_.WaitForTable(name_);
    IOStatus status = owner_.BeforeWrite();
    if (status.ok()) status = FSWritableFileOwnerWrapper::Append(data, options, debug);
    if (status.ok()) bytes_ += data.size();
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*verification*/,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return AfterSync([&] { return FSWritableFileOwnerWrapper::Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return AfterSync([&] { return FSWritableFileOwnerWrapper::Fsync(options, debug); });
  }

 private:
  FaultyFileSystem& owner_;
  const std::string name_;
  std::atomic<std::uint64_t> bytes_ = 0;
  bool lost_ = false;  // a failed sync has lost some bytes: later ones make a hole, not a file

  template <typename DoSync>
  IOStatus AfterSync(DoSync&& sync) {
    const std::uint64_t bytes = bytes_;
    IOStatus status = owner_.BeforeSync();
    if (!status.ok()) lost_ = true;
    if (status.ok()) status = sync();
    if (status.ok() && !lost_) owner_.NoteSynced(name_, bytes);
    return status;
  }
};

class FaultyReads : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FaultyReads(FaultyFileSystem& owner, std::string name,
              std::unique_ptr<rocksdb::FSRandomAccessFile> file)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), owner_(owner), name_(std::move(name)) {}

  IOStatus Read(std::uint64_t offset, std::size_t size, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) const override {
    IOStatus status = owner_.BeforeRead(name_, offset);
    if (!status.ok()) return status;
    return FSRandomAccessFileOwnerWrapper::Read(offset, size, options, result, scratch, debug);
  }

 private:
  FaultyFileSystem& owner_;
  const std::string name_;
};

class FaultyDirectory : public rocksdb::FSDirectoryWrapper {
 public:
  FaultyDirectory(FaultyFileSystem& owner, std::string name,
                  std::unique_ptr<rocksdb::FSDirectory>&& directory)
      : FSDirectoryWrapper(std::move(directory)), owner_(owner), name_(std::move(name)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return AfterSync([&] { return FSDirectoryWrapper::Fsync(options, debug); });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& how) override {
    return AfterSync([&] { return FSDirectoryWrapper::FsyncWithDirOptions(options, debug, how); });
  }

 private:
  FaultyFileSystem& owner_;
  const std::string name_;

  template <typename DoSync>
  IOStatus AfterSync(DoSync&& sync) {
    IOStatus status = owner_.BeforeSync();
    if (status.ok()) status = sync();
    if (status.ok()) owner_.NoteDirectorySynced(name_);
    return status;
  }
};

// Nothing when there is no such file.
std::optional<std::string> ContentOf(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string DirectoryOf(const std::string& name) {
  return std::filesystem::path(name).parent_path().lexically_normal().string();
}

}  // namespace

IOStatus FaultyFileSystem::BeforeWrite() const {
  hang_.wait(true);
  switch (fault_.load()) {
    case Fault::kNone:
    case Fault::kSyncFails:
      return IOStatus::OK();
    case Fault::kFull:
      return IOStatus::NoSpace("No space left on device (a test's)");
    case Fault::kReadOnly:
      return IOStatus::IOError("Read-only file system (a test's)");
    case Fault::kPoweredOff:
      break;
  }
  return IOStatus::IOError("powered off (a test's)");
}

IOStatus FaultyFileSystem::BeforeSync() {
  std::this_thread::sleep_for(std::chrono::milliseconds(sync_delay_ms_));
  if (fault_ == Fault::kSyncFails) return IOStatus::IOError("Input/output error (a test's)");
  IOStatus status = BeforeWrite();
  if (status.ok()) ++syncs_;
  return status;
}

IOStatus FaultyFileSystem::BeforeRead(const std::string& name, std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  if (offset > 0 || unreadable_.empty() || !name.ends_with(unreadable_)) return IOStatus::OK();
  return IOStatus::IOError("Input/output error (a test's)");
}

void FaultyFileSystem::NoteSynced(const std::string& name, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  synced_bytes_[name] = bytes;
}

void FaultyFileSystem::NoteDirectorySynced(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  const std::string wanted = std::filesystem::path(directory).lexically_normal().string();
  std::erase_if(not_in_directory_, [&](const auto& name) { return DirectoryOf(name) == wanted; });
  std::erase_if(renamed_over_, [&](const auto& file) { return DirectoryOf(file.first) == wanted; });
}

IOStatus FaultyFileSystem::NewWritableFile(const std::string& name,
                                           const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                                           IODebugContext* debug) {
  if (fault_ == Fault::kReadOnly || fault_ == Fault::kPoweredOff) return BeforeWrite();
  IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<FaultyFile>(*this, name, std::move(*file));
  const std::lock_guard lock(mutex_);
  synced_bytes_[name] = 0;
  not_in_directory_.insert(name);
  return status;
}

IOStatus FaultyFileSystem::NewRandomAccessFile(const std::string& name,
                                               const rocksdb::FileOptions& options,
                                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                               IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::NewRandomAccessFile(name, options, file, debug);
  if (status.ok()) *file = std::make_unique<FaultyReads>(*this, name, std::move(*file));
  return status;
}

IOStatus FaultyFileSystem::NewDirectory(const std::string& name, const IOOptions& options,
                                        std::unique_ptr<rocksdb::FSDirectory>* directory,
                                        IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::NewDirectory(name, options, directory, debug);
  if (status.ok())
    *directory = std::make_unique<FaultyDirectory>(*this, name, std::move(*directory));
  return status;
}

IOStatus FaultyFileSystem::RenameFile(const std::string& from, const std::string& to,
                                      const IOOptions& options, IODebugContext* debug) {
  if (fault_ == Fault::kReadOnly || fault_ == Fault::kPoweredOff) return BeforeWrite();
  std::optional<std::string> replaced = ContentOf(to);
  IOStatus status = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  const std::lock_guard lock(mutex_);
  if (auto node = synced_bytes_.extract(from)) {
    node.key() = to;
    synced_bytes_.erase(to);
    synced_bytes_.insert(std::move(node));
  }
  not_in_directory_.erase(from);
  if (!replaced.has_value()) {
    not_in_directory_.insert(to);
  } else if (!not_in_directory_.contains(to)) {
    renamed_over_.emplace(to, *std::move(replaced));
  }
  return status;
}

IOStatus FaultyFileSystem::DeleteFile(const std::string& name, const IOOptions& options,
                                      IODebugContext* debug) {
  if (fault_ == Fault::kReadOnly || fault_ == Fault::kPoweredOff) return BeforeWrite();
  IOStatus status = FileSystemWrapper::DeleteFile(name, options, debug);
  if (!status.ok()) return status;
  const std::lock_guard lock(mutex_);
  synced_bytes_.erase(name);
  not_in_directory_.erase(name);
  return status;
}

void FaultyFileSystem::LoseUnsynced() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, bytes] : synced_bytes_) {
    std::error_code ignored;  // it may have gone with its directory
    if (not_in_directory_.contains(name)) {
      std::filesystem::remove(name, ignored);
    } else if (std::filesystem::exists(name, ignored)) {
      std::filesystem::resize_file(name, bytes, ignored);
    }
  }
  for (const auto& [name, content] : renamed_over_) {
    std::ofstream(name, std::ios::binary | std::ios::trunc) << content;
  }
  synced_bytes_.clear();
  not_in_directory_.clear();
  renamed_over_.clear();
  fault_ = Fault::kNone;
}

}  // namespace herd::journal::testing
