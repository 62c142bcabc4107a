#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "cli/http_client.h"
#include "cli/server_view.h"
#include "cli/target.h"

namespace herd::cli {

// What one server answered when it was asked for its status, or why it did not.
struct ServerAnswer {
  std::string label;  // as the user calls it
  std::expected<ServerView, std::string> view;
};

// Asks for the status of each target: its text, or why there is none. See HttpClient::Get.
std::vector<std::expected<std::string, std::string>> FetchStatus(HttpClient& http,
                                                                 const std::vector<Target>& targets,
                                                                 std::chrono::milliseconds timeout,
                                                                 std::span<const int> wake = {});

// Reads what FetchStatus brought.
std::vector<ServerAnswer> ReadStatus(
    const std::vector<Target>& targets,
    const std::vector<std::expected<std::string, std::string>>& texts);

// Whether all servers that answered have the same rows, in one line.
std::string DigestVerdict(const std::vector<ServerAnswer>& answers);

// What `herd status` prints, line by line.
std::vector<std::string> StatusLines(const std::vector<ServerAnswer>& answers);

// Answers of one moment, for rates.
struct Sample {
  std::chrono::steady_clock::time_point time;
  std::vector<ServerAnswer> answers;
};

// One frame of `herd top` of at most `rows` lines of at most `columns` bytes: rates are those
// between the two samples, which are of the same servers in the same order.
std::vector<std::string> TopLines(const Sample& before, const Sample& now, std::size_t columns,
                                  std::size_t rows);

}  // namespace herd::cli
