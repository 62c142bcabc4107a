#include "places/json_file.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <utility>

namespace herd::places {

using simdjson::ondemand::document;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

std::expected<void, std::string> JsonFile::Read(const std::filesystem::path& path,
                                                const Reader& read) {
  auto bytes = base::FileBytes::Read(path);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  static_assert(base::FileBytes::kPadding >= simdjson::SIMDJSON_PADDING);
  const JsonFile file(path.string(), *std::move(bytes));
  simdjson::ondemand::parser parser;
  document document;
  bool is_read = false;
  try {
    document = parser.iterate(simdjson::padded_string_view(
        file.text_.data(), file.text_.size(), file.text_.size() + base::FileBytes::kPadding));
    is_read = true;
    return read(file, document);
  } catch (const simdjson::simdjson_error& error) {
    return std::unexpected(file.Explain(is_read ? &document : nullptr, error.what()));
  }
}

double JsonFile::Fraction(document& document) const {
  const char* at = nullptr;
  if (document.current_location().get(at) != simdjson::SUCCESS) return 1;
  return static_cast<double>(at - text_.data()) / static_cast<double>(text_.size());
}

std::string JsonFile::Explain(document* document, std::string_view problem) const {
  const char* at = nullptr;
  if (document == nullptr || document->current_location().get(at) != simdjson::SUCCESS) {
    return fmt::format("{}: {}", name_, problem);
  }
  return fmt::format("{}: near byte {}: {}", name_, at - text_.data(), problem);
}

std::optional<value> Member(object& object, std::string_view key) {
  value member;
  const simdjson::error_code error = object.find_field_unordered(key).get(member);
  if (error == simdjson::NO_SUCH_FIELD) return std::nullopt;
  if (error != simdjson::SUCCESS) throw simdjson::simdjson_error(error);
  return member;
}

std::string_view StringMember(object& object, std::string_view key) {
  std::optional<value> member = Member(object, key);
  if (!member || member->type() != simdjson::ondemand::json_type::string) return {};
  return member->get_string();
}

double NumberMember(object& object, std::string_view key) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::optional<value> member = Member(object, key);
  if (!member) return kNone;
  if (member->type() == simdjson::ondemand::json_type::number) return member->get_double();
  if (member->type() != simdjson::ondemand::json_type::string) return kNone;
  const std::string_view text = member->get_string();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : kNone;
}

}  // namespace herd::places
