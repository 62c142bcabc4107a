#include "net/http_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <cstdint>
#include <exception>
#include <new>

#include "net/http_syntax.h"

namespace herd::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr unsigned kHttp10 = 10;  // as Beast writes it

std::string_view View(beast::string_view text) {
  return {text.data(), text.size()};
}

// What is wrong with the lines of a head, whole or not, that Beast would let pass: a line that does
// not end with CR LF, one that goes on the line before (obs-fold), a control character.
std::optional<HttpFault> FaultOfLines(std::string_view head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\r') {
      if (i + 1 < head.size() && head[i + 1] != '\n') return HttpFault{400, "a CR stands alone"};
    } else if (head[i] == '\n') {
      if (i == 0 || head[i - 1] != '\r') return HttpFault{400, "a line does not end with CR LF"};
      const char next = i + 1 < head.size() ? head[i + 1] : 'x';
      if (next == ' ' || next == '\t') return HttpFault{400, "a header goes on another line"};
    } else if (!IsFieldValue(head.substr(i, 1))) {
      return HttpFault{400, "the head has a control character"};
    }
  }
  return std::nullopt;
}

// So that who speaks another protocol is told at once, not after all that a head may be long.
std::optional<HttpFault> FaultOfFirstLine(std::string_view head) {
  const std::size_t end = head.find('\r');
  const std::string_view line = head.substr(0, end);
  const std::size_t method_end = std::min(line.find(' '), line.size());
  const bool token = std::ranges::all_of(line.substr(0, method_end), IsTokenCharacter);
  const bool whole = end != std::string_view::npos;
  if (token && !line.starts_with(' ') && (!whole || line.contains(" HTTP/"))) return std::nullopt;
  return HttpFault{400, "the first line is not METHOD TARGET HTTP/1.1"};
}

}  // namespace

struct HttpReader::Parsed {
  http::request_parser<http::empty_body> parser;
};

HttpReader::HttpReader(const HttpRequestBounds& bounds) : bounds_(bounds) {}

HttpReader::~HttpReader() = default;

std::size_t HttpReader::Take(std::string_view input) {
  std::size_t taken = 0;
  if (!head_ && !fault_) taken = TakeHead(input);
  if (fault_ || !body_reader_ || body_reader_->done()) return taken;
  taken += body_reader_->Take(input.substr(taken), body_);
  if (body_reader_->fault()) fault_ = body_reader_->fault();
  return taken;
}

void HttpReader::Next() {
  head_.reset();
  parsed_.reset();
  body_reader_.reset();
  body_.clear();
}

std::size_t HttpReader::TakeHead(std::string_view input) {
  const std::string_view bounded = input.substr(0, bounds_.head_bytes_max);
  const std::size_t end = bounded.find(kHeadEnd);
  const bool whole = end != std::string_view::npos;
  const std::string_view head = whole ? bounded.substr(0, end + kHeadEnd.size()) : bounded;
  fault_ = FaultOfFirstLine(head);
  if (!fault_) fault_ = FaultOfLines(head);
  if (!fault_ && !whole && input.size() >= bounds_.head_bytes_max)
    Refuse(431, "the head is too long");
  if (fault_ || !whole || !Parse(head)) return 0;
  Frame();
  return fault_ ? 0 : head.size();
}

bool HttpReader::Parse(std::string_view head) {
  parsed_ = std::make_unique<Parsed>();
  auto& parser = parsed_->parser;
  parser.eager(false);
  parser.body_limit(boost::none);  // Frame says what may be
  parser.header_limit(static_cast<std::uint32_t>(head.size()));
  boost::system::error_code error;
  std::size_t taken = 0;
  try {
    taken = parser.put(boost::asio::buffer(head), error);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    Refuse(400, "this is no HTTP request");
    return false;
  }
  if (error || taken != head.size() || !parser.is_header_done()) {
    Refuse(400, "this is no HTTP request");
    return false;
  }
  const auto& message = parser.get();
  head_ = HttpHead{.method = View(message.method_string()),
                   .target = View(message.target()),
                   .version = message.version(),
                   .keep_alive = message.keep_alive(),
                   .headers = {}};
  for (const auto& field : message)
    head_->headers.push_back({View(field.name_string()), View(field.value())});
  return true;
}

// Decides by the headers how the body is framed.
void HttpReader::Frame() {
  const auto all = [&](std::string_view name) {
    std::vector<std::string_view> values;
    for (const HttpHeader& header : head_->headers)
      if (beast::iequals(header.name, name)) values.push_back(header.value);
    return values;
  };
  const auto lengths = all("Content-Length");
  const auto codings = all("Transfer-Encoding");
  const auto expectations = all("Expect");
  if (!expectations.empty()) {
    if (expectations.size() > 1 || !beast::iequals(expectations.front(), "100-continue"))
      return Refuse(417, "nothing but 100-continue can be expected");
    head_->expects_continue = head_->version != kHttp10;
  }
  if (!codings.empty()) {
    if (!lengths.empty()) return Refuse(400, "there are Content-Length and Transfer-Encoding");
    if (head_->version == kHttp10) return Refuse(400, "HTTP/1.0 has no Transfer-Encoding");
    if (codings.size() > 1 || !beast::iequals(codings.front(), "chunked"))
      return Refuse(501, "the only Transfer-Encoding that is taken is chunked");
    body_reader_ = HttpBodyReader::Chunked(bounds_);
    return;
  }
  std::uint64_t length = 0;
  if (!lengths.empty()) {
    const std::string_view digits = lengths.front();
    const char* const begin = digits.data();
    const char* const end = begin + digits.size();
    const auto [rest, error] = std::from_chars(begin, end, length);
    if (lengths.size() > 1 || error != std::errc() || rest != end)
      return Refuse(400, "Content-Length is not one number");
  }
  body_reader_ = HttpBodyReader::OfLength(length, bounds_);
  fault_ = body_reader_->fault();
}

void HttpReader::Refuse(unsigned status, std::string_view why) {
  fault_ = HttpFault{.status = status, .why = why};
}

}  // namespace herd::net
