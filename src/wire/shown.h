#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace herd::wire {

// How bytes that a stranger chose, above all client IDs, are shown in JSON, on terminals and in
// logs: as UTF-8, and so that no two look alike only because of how they are shown.
//
// - A backslash becomes `\\`.
// - Bytes that are not UTF-8 (RFC 3629) become `\xNN` each, with two lower-case hex digits.
// - So do the bytes of characters that are not seen, or that change how others are: controls, all
//   white space but ' ', and what Unicode calls Default_Ignorable_Code_Point, such as marks that
//   change the direction of writing.
// - All else stands as it is.
//
// So the text has no control character; it is at most four times as long as the bytes.

// Appends `bytes` as they are shown.
void AppendShown(std::string& out, std::string_view bytes);

std::string Shown(std::string_view bytes);

// The bytes that are shown as `text`. Nothing when a backslash begins neither `\\` nor `\xNN`.
std::optional<std::string> ParseShown(std::string_view text);

// What another program says it has shown so, for a terminal: the text itself if that is true; and
// if it is not, a text that is safe all the same.
std::string ShownAgain(std::string_view text);

}  // namespace herd::wire
