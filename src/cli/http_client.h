#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "server/config.h"

namespace herd::cli {

struct HttpCall {
  std::string method = "GET";
  std::string path;                  // with its query; sent as it is
  std::vector<std::string> headers;  // each as "NAME: VALUE"
};

struct HttpResponse {
  long status = 0;
  std::string body;
};

// Asks several servers the same by plain HTTP, all at the same time, so that one which does not
// answer delays no other. Keeps connections for the next time. One thread.
class HttpClient {
 public:
  static constexpr std::size_t kBodyBytesMax = 16 * 1024 * 1024;

  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // The answers in the order of `endpoints`; or, where there was none within `timeout`, why. Comes
  // back at once, with what there is, when one of `wake` becomes readable.
  std::vector<std::expected<HttpResponse, std::string>> Ask(
      const std::vector<server::Endpoint>& endpoints, const HttpCall& call,
      std::chrono::milliseconds timeout, std::span<const int> wake = {});

  // The bodies of one page; the error also tells of another status than 200.
  std::vector<std::expected<std::string, std::string>> Get(
      const std::vector<server::Endpoint>& endpoints, const std::string& path,
      std::chrono::milliseconds timeout, std::span<const int> wake = {});

 private:
  struct Multi;
  struct Transfer;

  std::unique_ptr<Multi> multi_;
};

}  // namespace herd::cli
