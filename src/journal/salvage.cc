#include "journal/salvage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "fleet/order.h"
#include "journal/load_row.h"
#include "journal/log_scan.h"
#include "wire/at.h"

namespace herd::journal {
namespace {

namespace fs = std::filesystem;

// What cannot be read costs so much around it.
constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

bool IsLog(const fs::path& file) {
  return file.extension() == ".log";
}

// The tables and logs of the directory, in the order of their names, which is that of their age.
std::vector<fs::path> FilesWithRows(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const fs::path& file = entries->path();
    if (IsLog(file) || file.extension() == ".sst") files.push_back(file);
  }
  std::ranges::sort(files);
  return files;
}

// The file's content, with zeros where the disk cannot read it.
std::string ContentOf(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (error || descriptor < 0) return {};
  std::string content(size, '\0');
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t got = pread(descriptor, content.data() + at,
                              std::min(kPieceBytes, content.size() - at), static_cast<off_t>(at));
    at += got > 0 ? static_cast<std::size_t>(got) : kPieceBytes;
  }
  close(descriptor);
  return content;
}

void Scan(const fs::path& directory, const TakeEntry& take) {
  for (const fs::path& file : FilesWithRows(directory)) {
    const std::string content = ContentOf(file);
    if (IsLog(file)) {
      ScanLog(content, take);
    } else {
      ScanTable(content, take);
    }
  }
}

// Whose journal it is, as far as its meta family can be read (docs/journal.md).
std::expected<void, std::string> CheckOwner(const fs::path& directory, std::string_view herd,
                                            std::string_view server) {
  std::string other;
  Scan(directory, [&](std::string_view key, std::string_view value) {
    const bool is_other = (key == "herd" && value != herd) || (key == "server" && value != server);
    if (is_other && !wire::ParseAt(value)) other = fmt::format("{} {}", key, value);
  });
  if (other.empty()) return {};
  return std::unexpected(fmt::format("{} is of the journal of {}", directory.string(), other));
}

}  // namespace

std::string DamageOfLogs(const fs::path& directory) {
  for (const fs::path& file : FilesWithRows(directory)) {
    if (IsLog(file) && ScanLog(ContentOf(file), {}).damaged)
      return fmt::format("a wrong checksum in the write-ahead log {}", file.filename().string());
  }
  return {};
}

std::expected<Salvaged, std::string> Salvage(const fs::path& directory, std::string_view herd,
                                             std::string_view server, fleet::Fleet& fleet,
                                             const TakeEntry& put) {
  if (auto owned = CheckOwner(directory, herd, server); !owned)
    return std::unexpected(owned.error());
  Salvaged salvaged;
  std::map<std::string, std::string, std::less<>> refused;  // AT lines by client
  Scan(directory, [&](std::string_view client, std::string_view at_line) {
    const LoadedRow loaded = LoadRow(client, at_line, fleet);
    salvaged.newest = std::max(salvaged.newest, loaded.receipt);
    switch (loaded.outcome) {
      case RowLoaded::kKept:
        ++salvaged.rows;
        break;
      case RowLoaded::kExpired: {
        const auto [row, is_new] = refused.try_emplace(std::string(client), at_line);
        if (!is_new && fleet::Compare(*wire::ParseAt(row->second), *wire::ParseAt(at_line)) < 0)
          row->second = at_line;
        break;
      }
      case RowLoaded::kBad:
        break;
    }
  });
  salvaged.refused = refused.size();
  for (const auto& [client, at_line] : refused) put(client, at_line);
  return salvaged;
}

}  // namespace herd::journal
