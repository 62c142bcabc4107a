#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <osmium/handler.hpp>
#include <osmium/io/gzip_compression.hpp>
#include <osmium/io/pbf_input.hpp>
#include <osmium/io/reader.hpp>
#include <osmium/io/xml_input.hpp>
#include <osmium/osm.hpp>
#include <osmium/thread/pool.hpp>
#include <osmium/visitor.hpp>
#include <unordered_map>
#include <vector>

#include "geo/box_center.h"
#include "places/importer.h"
#include "places/osm_tags.h"

// A file is read three times, for relations, ways and nodes in turn. Ways come after the nodes that
// they need, relations after the ways; reading backwards means that only what is needed is ever
// kept, and that the order of the file does not matter.
namespace herd::places {
namespace {

using ObjectId = osmium::object_id_type;

// A place whose position is that of other objects.
struct Shape {
  std::string name;
  std::string id;
  std::string vicinity;
  std::string types;
  std::vector<ObjectId> outer_ways;  // of a multipolygon, until their nodes are known
  std::vector<ObjectId> nodes;
};

std::string IdOf(const osmium::OSMObject& object) {
  return fmt::format("osm:{}/{}", osmium::item_type_to_name(object.type()), object.id());
}

Shape ShapeOf(const osmium::OSMObject& object) {
  return {.name = std::string(OsmName(object.tags())),
          .id = IdOf(object),
          .vicinity = OsmVicinity(object.tags()),
          .types = OsmTypes(object.tags()),
          .outer_ways = {},
          .nodes = {}};
}

void SortUnique(std::vector<ObjectId>& ids) {
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  ids.shrink_to_fit();
}

// Pass 1: multipolygons that are places, and which ways they need.
class RelationPass : public osmium::handler::Handler {
 public:
  explicit RelationPass(std::vector<Shape>& shapes) : shapes_(shapes) {}

  void relation(const osmium::Relation& relation) {
    if (!relation.tags().has_tag("type", "multipolygon") || !IsOsmPlace(relation.tags())) return;
    Shape shape = ShapeOf(relation);
    for (const osmium::RelationMember& member : relation.members()) {
      const std::string_view role = member.role();
      // Old data leaves the role of outer ways empty.
      if (member.type() != osmium::item_type::way || (role != "outer" && !role.empty())) continue;
      shape.outer_ways.push_back(member.ref());
    }
    shapes_.push_back(std::move(shape));
  }

 private:
  std::vector<Shape>& shapes_;
};

// Pass 2: ways that are places, the nodes of ways that multipolygons need, and with that all the
// nodes needed.
class WayPass : public osmium::handler::Handler {
 public:
  explicit WayPass(std::vector<Shape>& shapes) : shapes_(shapes) {
    for (const Shape& shape : shapes) {
      for (const ObjectId way : shape.outer_ways) nodes_of_.try_emplace(way);
    }
  }

  void way(const osmium::Way& way) {
    const auto needed = nodes_of_.find(way.id());
    if (needed != nodes_of_.end()) needed->second = NodesOf(way);
    if (!IsOsmPlace(way.tags())) return;
    shapes_.push_back(ShapeOf(way));
    shapes_.back().nodes = NodesOf(way);
  }

  // Gives the multipolygons the nodes of their ways. Ways outside of an extract have none.
  void Finish() {
    for (Shape& shape : shapes_) {
      for (const ObjectId way : shape.outer_ways) {
        const std::vector<ObjectId>& nodes = nodes_of_.at(way);
        shape.nodes.insert(shape.nodes.end(), nodes.begin(), nodes.end());
      }
      shape.outer_ways.clear();
    }
  }

 private:
  static std::vector<ObjectId> NodesOf(const osmium::Way& way) {
    std::vector<ObjectId> nodes;
    nodes.reserve(way.nodes().size());
    for (const osmium::NodeRef& node : way.nodes()) nodes.push_back(node.ref());
    return nodes;
  }

  std::vector<Shape>& shapes_;
  std::unordered_map<ObjectId, std::vector<ObjectId>> nodes_of_;
};

// Pass 3: nodes that are places, and the locations of the nodes that shapes need.
class NodePass : public osmium::handler::Handler {
 public:
  NodePass(const std::vector<Shape>& shapes, PlaceSink& sink) : sink_(sink) {
    for (const Shape& shape : shapes) {
      needed_.insert(needed_.end(), shape.nodes.begin(), shape.nodes.end());
    }
    SortUnique(needed_);
    locations_.resize(needed_.size());
  }

  void node(const osmium::Node& node) {
    const auto needed = std::ranges::lower_bound(needed_, node.id());
    if (needed != needed_.end() && *needed == node.id()) {
      locations_[static_cast<std::size_t>(needed - needed_.begin())] = node.location();
    }
    if (!IsOsmPlace(node.tags())) return;
    if (!node.location().valid()) {
      sink_.AddMisplaced();
      return;
    }
    const std::string id = IdOf(node);
    const std::string vicinity = OsmVicinity(node.tags());
    const std::string types = OsmTypes(node.tags());
    sink_.Add({.name = OsmName(node.tags()),
               .lat_deg = node.location().lat_without_check(),
               .lng_deg = node.location().lon_without_check(),
               .id = id,
               .vicinity = vicinity,
               .types = types});
  }

  // The shapes, each at the centre of those of its nodes that the file has: extracts lack some.
  void Finish(const std::vector<Shape>& shapes) {
    for (const Shape& shape : shapes) {
      geo::BoxCenter box;
      for (const ObjectId node : shape.nodes) {
        const auto found = std::ranges::lower_bound(needed_, node);
        const osmium::Location location =
            locations_[static_cast<std::size_t>(found - needed_.begin())];
        if (location.valid()) box.Add({location.lat_without_check(), location.lon_without_check()});
      }
      const std::optional<geo::LatLng> center = box.Center();
      if (!center) {
        sink_.AddMisplaced();
        continue;
      }
      sink_.Add({.name = shape.name,
                 .lat_deg = center->lat_deg,
                 .lng_deg = center->lng_deg,
                 .id = shape.id,
                 .vicinity = shape.vicinity,
                 .types = shape.types});
    }
  }

 private:
  PlaceSink& sink_;
  std::vector<ObjectId> needed_;             // in order
  std::vector<osmium::Location> locations_;  // of each of them; not valid: not in the file
};

// Reads a file from front to back. Throws what libosmium throws.
class PassReader {
 public:
  PassReader(const std::filesystem::path& file, FileFormat format, const FileProgress& progress)
      : file_(file.string(), OsmiumFormat(format)), progress_(progress) {}

  template <typename Handler>
  void Read(osmium::osm_entity_bits::type entities, Handler& handler) {
    osmium::io::Reader reader(file_, entities, osmium::io::read_meta::no, pool_);
    if (reader.header().has_multiple_object_versions()) {
      throw osmium::io_error("holds the history of objects, not places as they are: not supported");
    }
    const double size = std::max<double>(1, static_cast<double>(reader.file_size()));
    while (const osmium::memory::Buffer buffer = reader.read()) {
      osmium::apply(buffer, handler);
      progress_((passes_done_ + std::min(1.0, static_cast<double>(reader.offset()) / size)) /
                kPasses);
    }
    reader.close();
    passes_done_ += 1;
  }

 private:
  static constexpr double kPasses = 3;

  static std::string OsmiumFormat(FileFormat format) {
    if (format == FileFormat::kOsmPbf) return "pbf";
    return format == FileFormat::kOsmXmlGzip ? "xml.gz" : "xml";
  }

  osmium::io::File file_;
  const FileProgress& progress_;
  // Of our own: libosmium's shared pool would keep its threads until the program ends.
  osmium::thread::Pool pool_;
  double passes_done_ = 0;
};

}  // namespace

Imported ImportOsm(const std::filesystem::path& file, FileFormat format, PlaceSink& sink,
                   const FileProgress& progress) {
  try {
    PassReader reader(file, format, progress);
    std::vector<Shape> shapes;
    RelationPass relations(shapes);
    reader.Read(osmium::osm_entity_bits::relation, relations);
    WayPass ways(shapes);
    reader.Read(osmium::osm_entity_bits::way, ways);
    ways.Finish();
    NodePass nodes(shapes, sink);
    reader.Read(osmium::osm_entity_bits::node, nodes);
    nodes.Finish(shapes);
  } catch (const std::exception& error) {
    return std::unexpected(file.string() + ": damaged or truncated: " + error.what());
  }
  return {};
}

}  // namespace herd::places
