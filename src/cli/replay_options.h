#pragma once

#include <CLI/CLI.hpp>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "cli/exchange.h"
#include "cli/rows.h"

namespace herd::cli {

// `herd replay` as it was asked for.
struct ReplayOptions {
  std::string file;
  std::vector<std::string> server;
  std::string speed = "max";
  std::string id;
  bool by_track = false;
  CsvOptions csv;
  std::string delimiter;
  std::string time_format;
  std::string time_zone = "UTC";
  std::string untimed = "skip";
  std::size_t window = 64;
  double timeout_s = 5;
  bool verify = false;
  double verify_timeout_s = 10;
  bool json = false;
};

// Adds them to the subcommand, with its help.
void AddReplayOptions(CLI::App& command, ReplayOptions& options);

// How many times faster than the rows' times; nothing for as fast as possible. The error says what
// is allowed.
std::expected<std::optional<double>, std::string> ReadSpeed(const std::string& text);

// A file's rows, and what was taken for what.
struct Input {
  Rows rows;
  std::string columns;  // of a CSV file; else empty
};

// Reads the file, GPX or CSV, whichever its first bytes tell; "-" is standard input. The error
// names the file.
std::expected<Input, std::string> ReadInput(const ReplayOptions& options);

}  // namespace herd::cli
