// A small shop, made up for the demo: 4 customers, 6 products, 5 orders with 9 lines.
// Loaded once into production; MERGE, so that a second load adds nothing.

CREATE CONSTRAINT customer_id IF NOT EXISTS FOR (c:Customer) REQUIRE c.id IS UNIQUE;
CREATE CONSTRAINT product_sku IF NOT EXISTS FOR (p:Product) REQUIRE p.sku IS UNIQUE;
CREATE CONSTRAINT order_number IF NOT EXISTS FOR (o:Order) REQUIRE o.number IS UNIQUE;
CREATE INDEX order_placed IF NOT EXISTS FOR (o:Order) ON (o.placed);

UNWIND [
  {id: 1, name: "Ada Lindqvist", city: "Malmö", home: point({latitude: 55.605, longitude: 13.0038})},
  {id: 2, name: "Bo Nygaard", city: "København", home: point({latitude: 55.6761, longitude: 12.5683})},
  {id: 3, name: "Chiyo Tanaka", city: "大阪", home: point({latitude: 34.6937, longitude: 135.5023})},
  {id: 4, name: "Dara O'Shea", city: "Cork", home: point({latitude: 51.8985, longitude: -8.4756})}
] AS row
MERGE (c:Customer {id: row.id}) SET c = row;

UNWIND [
  {sku: "LAMP-01", name: "Desk lamp", price: 39.5, tags: ["light", "desk"]},
  {sku: "DESK-02", name: "Standing desk", price: 480.0, tags: ["desk"]},
  {sku: "CHAIR-03", name: "Office chair", price: 215.0, tags: ["chair"]},
  {sku: "SHELF-04", name: "Bookshelf", price: 120.0, tags: ["storage"]},
  {sku: "RUG-05", name: "Wool rug", price: 89.9, tags: ["floor", "wool"]},
  {sku: "MUG-06", name: "Enamel mug", price: 9.0, tags: []}
] AS row
MERGE (p:Product {sku: row.sku}) SET p = row;

UNWIND [
  {number: 1001, customer: 1, placed: date("2026-11-02"), lines: [["LAMP-01", 2], ["MUG-06", 6]]},
  {number: 1002, customer: 2, placed: date("2026-11-05"), lines: [["DESK-02", 1]]},
  {number: 1003, customer: 3, placed: date("2026-11-09"), lines: [["CHAIR-03", 1], ["RUG-05", 1], ["MUG-06", 2]]},
  {number: 1004, customer: 1, placed: date("2026-11-14"), lines: [["SHELF-04", 3]]},
  {number: 1005, customer: 4, placed: date("2026-11-20"), lines: [["LAMP-01", 1], ["DESK-02", 1]]}
] AS row
MERGE (o:Order {number: row.number}) SET o.placed = row.placed
WITH o, row
MATCH (c:Customer {id: row.customer})
MERGE (c)-[:PLACED]->(o)
WITH o, row
UNWIND row.lines AS line
MATCH (p:Product {sku: line[0]})
MERGE (o)-[contains:CONTAINS]->(p) SET contains.quantity = line[1];
