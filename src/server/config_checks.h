#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/config.h"

namespace herd::server {

// What is wrong with a configuration file, one complaint for each fault, up to kCountMax.
class Complaints {
 public:
  static constexpr std::size_t kCountMax = 100;

  // `line` counts from 1; 0: the complaint is about the file as a whole.
  void Add(std::uint32_t line, std::string text);

  bool Empty() const { return complaints_.empty(); }

  // More are not kept: making them would be in vain.
  bool IsFull() const { return complaints_.size() >= kCountMax; }

  // "FILE:LINE: TEXT" in the order of the lines, joined by line ends; at the end that there may be
  // more, when there are as many as are kept.
  std::string Text(std::string_view file) const;

 private:
  struct Complaint {
    std::uint32_t line = 0;
    std::string text;
  };
  std::vector<Complaint> complaints_;
};

// Where in the file things stand, for complaints; 0 where they do not stand in the file.
struct ConfigLines {
  std::vector<std::uint32_t> servers;  // beside Config::servers
  std::vector<std::uint32_t> links;    // beside Config::links
  std::map<std::string, std::uint32_t, std::less<>> keys;

  std::uint32_t Of(std::string_view key) const;
};

// Checks what no single key can tell: names that stand twice, links that lead nowhere, addresses
// that two servers share, times that contradict each other, a disk to wait for that nobody names.
void CheckConfig(const Config& config, const ConfigLines& lines, Complaints& complaints);

}  // namespace herd::server
