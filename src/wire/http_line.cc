#include "wire/http_line.h"

#include "wire/ascii.h"

namespace herd::wire {
namespace {

bool IsHttpVersion(std::string_view text) {
  constexpr std::string_view kName = "HTTP/";
  constexpr std::size_t kBytes = kName.size() + 3;  // of "HTTP/1.1"
  return text.size() == kBytes && text.starts_with(kName) && IsDigit(text[5]) && text[6] == '.' &&
         IsDigit(text[7]);
}

}  // namespace

bool IsHttpRequestLine(std::string_view line) {
  const std::size_t method_end = line.find(' ');
  const std::size_t version = line.rfind(' ');
  return method_end != std::string_view::npos && method_end > 0 && version > method_end &&
         IsHttpVersion(line.substr(version + 1));
}

}  // namespace herd::wire
