#include <expat.h>
#include <fmt/format.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "cli/degrees.h"
#include "cli/rows.h"
#include "wire/ascii.h"

namespace herd::cli {
namespace {

// Names and times are short; what is longer is cut.
constexpr std::size_t kTextBytesMax = 1024;

// The name without its namespace prefix.
std::string_view LocalName(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

// Follows the elements of one file. Only direct children count: a <time> in <metadata> or in
// <extensions> is not the time of a point.
class GpxReader {
 public:
  GpxReader(const GpxOptions& options, XML_Parser parser)
      : options_(options), parser_(parser), time_format_(*TimeFormat::Make("iso")) {}

  void Start(std::string_view qualified_name, const XML_Char** attributes) {
    const std::string_view name = LocalName(qualified_name);
    ++depth_;
    if (depth_ == 1) {
      if (name != "gpx") Fail(fmt::format("not a GPX file: it is <{}>", name));
    } else if (depth_ == 2 && name == "trk") {
      in_track_ = true;
      track_start_ = rows_.rows.size();
      track_name_.clear();
    } else if (depth_ == 2 && name == "wpt") {
      LeaveOut("waypoints are places, not positions of a mover", attributes);
    } else if (depth_ == 3 && name == "rtept") {
      LeaveOut("route points are plans, not positions of a mover", attributes);
    } else if (depth_ == 4 && in_track_ && name == "trkpt") {
      StartPoint(attributes);
    }
    const bool track_name = depth_ == 3 && in_track_ && name == "name";
    const bool point_time = depth_ == 5 && in_point_ && name == "time";
    if (track_name || point_time) {
      collecting_depth_ = depth_;
      text_.clear();
    }
  }

  void Text(std::string_view text) {
    if (collecting_depth_ == 0) return;
    text_ += text.substr(0, kTextBytesMax - text_.size());
  }

  void End() {
    if (depth_ == collecting_depth_) {
      (depth_ == 3 ? track_name_ : point_time_) = std::move(text_);
      text_.clear();
      collecting_depth_ = 0;
    } else if (depth_ == 4 && in_point_) {
      EndPoint();
    } else if (depth_ == 2 && in_track_) {
      EndTrack();
    }
    --depth_;
  }

  const std::optional<std::string>& error() const { return error_; }
  Rows Take() { return std::move(rows_); }

 private:
  void Fail(std::string error) {
    if (!error_) error_ = std::move(error);
    XML_StopParser(parser_, XML_FALSE);
  }

  std::uint64_t Line() const { return XML_GetCurrentLineNumber(parser_); }

  static std::string_view Attribute(const XML_Char** attributes, std::string_view name) {
    for (; *attributes != nullptr; attributes += 2) {
      if (name == attributes[0]) return attributes[1];
    }
    return {};
  }

  void LeaveOut(std::string_view reason, const XML_Char** attributes) {
    rows_.LeaveOut(
        reason, Line(),
        fmt::format("{}, {}", Attribute(attributes, "lat"), Attribute(attributes, "lon")));
  }

  void StartPoint(const XML_Char** attributes) {
    in_point_ = true;
    point_line_ = Line();
    point_time_.clear();
    point_lat_ = Attribute(attributes, "lat");
    point_lon_ = Attribute(attributes, "lon");
  }

  void EndPoint() {
    in_point_ = false;
    auto location = LocationText(point_lat_, point_lon_);
    if (!location) {
      const bool latitude = location.error() == DegreesFault::kLatitude;
      rows_.LeaveOut(latitude ? "no latitude in degrees" : "no longitude in degrees", point_line_,
                     latitude ? point_lat_ : point_lon_);
      return;
    }
    Row row{
        .mover = options_.mover, .location = *std::move(location), .time = {}, .line = point_line_};
    if (!point_time_.empty()) {
      auto time = time_format_.Read(point_time_);
      if (!time) {
        rows_.LeaveOut("a time that cannot be read", point_line_, point_time_);
        return;
      }
      row.time = *std::move(time);
    } else if (!options_.keep_untimed) {
      rows_.LeaveOut("no time", point_line_, row.location);
      return;
    }
    rows_.rows.push_back(std::move(row));
  }

  // A track's name may stand behind its points.
  void EndTrack() {
    in_track_ = false;
    if (!options_.by_track || track_name_.empty()) return;
    for (std::size_t i = track_start_; i < rows_.rows.size(); ++i)
      rows_.rows[i].mover = track_name_;
  }

  const GpxOptions& options_;
  XML_Parser parser_;
  TimeFormat time_format_;
  Rows rows_;
  std::optional<std::string> error_;
  int depth_ = 0;
  int collecting_depth_ = 0;  // of the element whose text is wanted; 0: none
  std::string text_;
  bool in_track_ = false;
  std::size_t track_start_ = 0;
  std::string track_name_;
  bool in_point_ = false;
  std::uint64_t point_line_ = 0;
  std::string point_lat_;
  std::string point_lon_;
  std::string point_time_;
};

GpxReader& Reader(void* data) {
  return *static_cast<GpxReader*>(data);
}

}  // namespace

std::expected<Rows, std::string> ReadGpx(std::istream& in, const GpxOptions& options) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate(nullptr), &XML_ParserFree);
  GpxReader reader(options, parser.get());
  XML_SetUserData(parser.get(), &reader);
  XML_SetElementHandler(
      parser.get(),
      [](void* data, const XML_Char* name, const XML_Char** attributes) {
        Reader(data).Start(name, attributes);
      },
      [](void* data, const XML_Char*) { Reader(data).End(); });
  XML_SetCharacterDataHandler(parser.get(), [](void* data, const XML_Char* text, int length) {
    Reader(data).Text({text, static_cast<std::size_t>(length)});
  });
  std::string chunk(kHeadBytes, '\0');
  while (true) {
    in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const int length = static_cast<int>(in.gcount());
    const bool last = length < static_cast<int>(chunk.size());
    const XML_Status status = XML_Parse(parser.get(), chunk.data(), length, last ? 1 : 0);
    if (reader.error()) return std::unexpected(*reader.error());
    if (status != XML_STATUS_OK) {
      return std::unexpected(fmt::format("line {}: not XML: {}",
                                         XML_GetCurrentLineNumber(parser.get()),
                                         XML_ErrorString(XML_GetErrorCode(parser.get()))));
    }
    if (last) return reader.Take();
  }
}

}  // namespace herd::cli
