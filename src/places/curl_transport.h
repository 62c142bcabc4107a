#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "places/http_transport.h"

namespace herd::places {

// HTTPS by libcurl, with what it brings: proxies from the environment, the system's certificates,
// HTTP/2, connections kept for the next request. Only https:// URLs; redirects are not followed.
// One thread of its own does all the work and calls every Done but that of a request refused at
// once (kTooMany, or kCancelled after Cancel), which Send calls itself. No signal is delivered to
// that thread.
class CurlTransport final : public HttpTransport {
 public:
  struct Options {
    std::filesystem::path ca_file;  // PEM; the only certificates trusted; empty: the system's
    std::size_t body_bytes_max = 4 * 1024 * 1024;  // after decompression; a larger one: kTooLarge
    std::size_t transfers_max = 32;   // at a time; the others wait, within their time-out
    std::size_t requests_max = 1024;  // under way or waiting; one more: kTooMany
  };

  // The error says why there can be none.
  static std::expected<std::unique_ptr<CurlTransport>, std::string> Make(Options options);
  ~CurlTransport() override;

  void Send(HttpRequest request, HttpTiming timing, Done done) override;
  void Cancel() override;

 private:
  class Worker;

  explicit CurlTransport(std::unique_ptr<Worker> worker);

  std::unique_ptr<Worker> worker_;
};

}  // namespace herd::places
