#include "net/buffers.h"

#include <algorithm>
#include <bit>
#include <boost/asio/post.hpp>
#include <memory>
#include <ranges>

#include "net/connection.h"

namespace herd::net {

void Buffers::Set(HeldBytes& held, std::size_t bytes) {
  total_.store(total() + bytes - held.bytes, std::memory_order_relaxed);
  const auto before = std::bit_width(held.bytes);
  const auto after = std::bit_width(bytes);
  held.bytes = bytes;
  if (before != after) {
    held.unlink();
    if (bytes > 0) classes_[static_cast<std::size_t>(after)].push_back(held);
  }
  if (total() <= bytes_max_ || closing_) return;
  closing_ = true;
  boost::asio::post(loop_.context(), [this] { CloseGreediest(); });
}

void Buffers::CloseGreediest() {
  closing_ = false;
  while (total() > bytes_max_) {
    const auto greediest = std::ranges::find_if(std::views::reverse(classes_),
                                                [](const List& list) { return !list.empty(); });
    // Letting go may drop the last reference.
    const std::shared_ptr<Connection> alive = greediest->front().connection.shared_from_this();
    alive->LetGo();
  }
}

}  // namespace herd::net
