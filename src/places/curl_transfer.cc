#include "places/curl_transfer.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace herd::places {
namespace {

using std::chrono::milliseconds;

HttpFailure::Kind KindOf(CURLcode code) {
  using enum HttpFailure::Kind;
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return kTimedOut;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
      return kUnreachable;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return kUntrusted;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return kClosedEarly;
    case CURLE_FILESIZE_EXCEEDED:
      return kTooLarge;
    default:
      return kOther;
  }
}

}  // namespace

CurlTransfer::CurlTransfer(HttpRequest request, HttpTiming timing, HttpTransport::Done done,
                           TimePoint now)
    : request_(std::move(request)),
      done_(std::move(done)),
      not_before_(now + timing.delay),
      deadline_(now + timing.timeout),
      fresh_(timing.fresh) {}

CurlTransfer::~CurlTransfer() {
  if (done_) Finish(std::unexpected(HttpFailure{}));
}

void CurlTransfer::Finish(HttpResult result) noexcept {
  auto done = std::exchange(done_, nullptr);
  try {
    done(std::move(result));
  } catch (const std::exception&) {
    return;
  }
}

CURL* CurlTransfer::Prepare(const std::filesystem::path& ca_file, std::size_t body_bytes_max,
                            TimePoint now) {
  body_bytes_max_ = body_bytes_max;
  handle_.reset(curl_easy_init());
  return handle_ && SetUp(ca_file, now) ? handle_.get() : nullptr;
}

bool CurlTransfer::SetUp(const std::filesystem::path& ca_file, TimePoint now) {
  bool good = true;
  const auto set = [&](CURLoption option, auto value) {
    good = good && curl_easy_setopt(handle_.get(), option, value) == CURLE_OK;
  };
  for (const std::string& header : request_.headers) {
    // The list is the same one after it unless it was empty.
    curl_slist* const list = headers_.release();
    curl_slist* const longer = curl_slist_append(list, header.c_str());
    headers_.reset(longer != nullptr ? longer : list);
    good = good && longer != nullptr;
  }
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_HTTPHEADER, headers_.get());
  if (request_.body) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body->size()));
    set(CURLOPT_POSTFIELDS, request_.body->c_str());
  }
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!ca_file.empty()) {
    set(CURLOPT_CAINFO, ca_file.c_str());
    // Otherwise libcurl trusts the system's folder of certificates as well.
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  const auto left = std::chrono::ceil<milliseconds>(deadline_ - now);
  set(CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(left.count())));
  set(CURLOPT_NOSIGNAL, 1L);
  // A name server that does not answer must not hold up the end.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  if (fresh_) set(CURLOPT_FRESH_CONNECT, 1L);
  // Rather a stream of a connection that is being opened than one more connection.
  set(CURLOPT_PIPEWAIT, 1L);
  set(CURLOPT_USERAGENT, "herd");
  set(CURLOPT_WRITEFUNCTION, &CurlTransfer::OnBody);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  return good;
}

std::size_t CurlTransfer::OnBody(char* data, std::size_t size, std::size_t count, void* transfer) {
  auto& self = *static_cast<CurlTransfer*>(transfer);
  const std::size_t bytes = size * count;
  if (bytes > self.body_bytes_max_ - self.body_.size()) {
    self.too_large_ = true;
    return 0;
  }
  try {
    self.body_.append(data, bytes);
  } catch (const std::bad_alloc&) {  // libcurl is no C++
    self.no_memory_ = true;
    return 0;
  }
  return bytes;
}

HttpFailure::Kind CurlTransfer::KindOf(CURLcode code) const {
  const HttpFailure::Kind kind = places::KindOf(code);
  if (kind != HttpFailure::Kind::kClosedEarly) return kind;
  // How HTTP/2's GOAWAY and REFUSED_STREAM end, and connections that a server has no more use for.
  long status = 0;  // of the response, not of a proxy's
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status == 0 && body_.empty() ? HttpFailure::Kind::kDropped : kind;
}

HttpResult CurlTransfer::Result(CURLcode code) {
  // curl_easy_strerror's texts are constants; the error buffer's may quote the URL, and so the key.
  if (too_large_) {
    return std::unexpected(HttpFailure{HttpFailure::Kind::kTooLarge,
                                       "more than " + std::to_string(body_bytes_max_) + " bytes"});
  }
  if (no_memory_) {
    return std::unexpected(HttpFailure{HttpFailure::Kind::kOther, "no memory"});
  }
  if (code != CURLE_OK) {
    return std::unexpected(HttpFailure{KindOf(code), curl_easy_strerror(code)});
  }
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  return HttpResponse{static_cast<int>(status), std::move(body_)};
}

}  // namespace herd::places
