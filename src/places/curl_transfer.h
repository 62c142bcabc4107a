#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "places/http_transport.h"

namespace herd::places {

// One request of CurlTransport with its libcurl handle. The handle points into it: it is not moved.
// One thread at a time.
class CurlTransfer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  CurlTransfer(HttpRequest request, HttpTiming timing, HttpTransport::Done done, TimePoint now);
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;
  // Calls Done, if an exception has kept others from it: someone waits.
  ~CurlTransfer();

  TimePoint NotBefore() const { return not_before_; }
  TimePoint Deadline() const { return deadline_; }

  // Makes the handle, with all options set; null when libcurl refuses. It belongs to the transfer.
  CURL* Prepare(const std::filesystem::path& ca_file, std::size_t body_bytes_max, TimePoint now);

  // What became of it, when libcurl has ended it with `code`.
  HttpResult Result(CURLcode code);

  // Calls Done; once. What that throws is swallowed: it has been called.
  void Finish(HttpResult result) noexcept;

 private:
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* transfer);

  HttpFailure::Kind KindOf(CURLcode code) const;
  bool SetUp(const std::filesystem::path& ca_file, TimePoint now);

  HttpRequest request_;
  HttpTransport::Done done_;
  TimePoint not_before_;
  TimePoint deadline_;
  bool fresh_;
  std::size_t body_bytes_max_ = 0;
  std::string body_;
  bool too_large_ = false;
  bool no_memory_ = false;
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers_{nullptr,
                                                                       &curl_slist_free_all};
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_{nullptr, &curl_easy_cleanup};
};

}  // namespace herd::places
