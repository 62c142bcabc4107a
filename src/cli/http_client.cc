#include "cli/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace herd::cli {
namespace {

constexpr long kOk = 200;

}  // namespace

struct HttpClient::Multi {
  Multi() : handle((curl_global_init(CURL_GLOBAL_DEFAULT), curl_multi_init())) {}
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;
  ~Multi() { curl_multi_cleanup(handle); }

  CURLM* handle;
};

// One page on its way.
struct HttpClient::Transfer {
  Transfer(CURLM* multi_handle, const server::Endpoint& endpoint, const HttpCall& call,
           std::chrono::milliseconds timeout)
      : multi(multi_handle), easy(curl_easy_init()) {
    const std::string url = fmt::format("http://{}{}", server::ToString(endpoint), call.path);
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    // A client may be called "..".
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    if (call.method != "GET") curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    for (const std::string& header : call.headers)
      headers = curl_slist_append(headers, header.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    // Servers of the herd are asked, nobody between: not even when the environment names a proxy.
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error.data());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::Take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl_multi_add_handle(multi, easy);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }

  static std::size_t Take(char* data, std::size_t, std::size_t size, void* self) {
    std::string& body = static_cast<Transfer*>(self)->body;
    if (body.size() + size > kBodyBytesMax) return 0;  // curl ends the transfer
    body.append(data, size);
    return size;
  }

  std::expected<HttpResponse, std::string> Result() {
    if (!code) return std::unexpected("not waited for");
    if (*code != CURLE_OK)
      return std::unexpected(error.front() != '\0' ? error.data() : curl_easy_strerror(*code));
    HttpResponse response{.body = std::move(body)};
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response.status);
    return response;
  }

  CURLM* multi;
  CURL* easy;
  curl_slist* headers = nullptr;
  std::string body;
  std::array<char, CURL_ERROR_SIZE> error{};
  std::optional<CURLcode> code;  // when it is over
};

HttpClient::HttpClient() : multi_(std::make_unique<Multi>()) {}
HttpClient::~HttpClient() = default;

std::vector<std::expected<HttpResponse, std::string>> HttpClient::Ask(
    const std::vector<server::Endpoint>& endpoints, const HttpCall& call,
    std::chrono::milliseconds timeout, std::span<const int> wake) {
  std::vector<std::unique_ptr<Transfer>> transfers;
  for (const server::Endpoint& endpoint : endpoints) {
    transfers.push_back(std::make_unique<Transfer>(multi_->handle, endpoint, call, timeout));
  }
  std::vector<curl_waitfd> waited;
  for (const int fd : wake) waited.push_back({.fd = fd, .events = CURL_WAIT_POLLIN, .revents = 0});
  int running = 1;
  bool woken = false;
  while (running > 0 && !woken) {
    curl_multi_perform(multi_->handle, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_->handle, &left)) {
      const auto transfer = std::ranges::find(transfers, message->easy_handle,
                                              [](const auto& each) { return each->easy; });
      (*transfer)->code = message->data.result;
    }
    if (running == 0) break;
    curl_multi_poll(multi_->handle, waited.data(), static_cast<unsigned>(waited.size()),
                    static_cast<int>(timeout.count()), nullptr);
    woken = std::ranges::any_of(waited, [](const curl_waitfd& fd) { return fd.revents != 0; });
  }
  std::vector<std::expected<HttpResponse, std::string>> results;
  for (const auto& transfer : transfers) results.push_back(transfer->Result());
  return results;
}

std::vector<std::expected<std::string, std::string>> HttpClient::Get(
    const std::vector<server::Endpoint>& endpoints, const std::string& path,
    std::chrono::milliseconds timeout, std::span<const int> wake) {
  std::vector<std::expected<std::string, std::string>> bodies;
  for (auto& response : Ask(endpoints, {.path = path}, timeout, wake)) {
    if (!response) {
      bodies.push_back(std::unexpected(std::move(response.error())));
    } else if (response->status != kOk) {
      bodies.push_back(std::unexpected(fmt::format("answers with status {}", response->status)));
    } else {
      bodies.push_back(std::move(response->body));
    }
  }
  return bodies;
}

}  // namespace herd::cli
