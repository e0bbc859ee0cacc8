-- The tables that connectors.yaml asks; a few customers to try it with. PostgreSQL.
create table customers (
    id integer primary key, number text not null unique, name text not null, phone text,
    postcode text not null, birthday date not null, balance numeric(10, 2) not null default 0
);
create table readings (
    key text primary key, customer_number text not null, customer integer references customers,
    meter text not null, value integer not null, read_on date not null
);
create table appointments (
    id integer primary key, customer integer not null references customers, purpose text not null,
    day date not null, part text not null
);
insert into customers values
    (1, '47114202', 'Alice Marsh', '+442079460001', 'NS1 4AB', '1975-03-12', 84.20),
    (2, '12345674', 'Daniel Frost', '+442079460002', 'NS3 2XY', '1988-11-30', 0),
    (3, '20031183', 'Rose Whitfield', '+442079460003', 'NS2 9QT', '1961-07-04', 0);
insert into appointments values
    (1, 1, 'a new meter', '2026-12-01', 'morning'),
    (2, 3, 'a safety check', '2026-12-09', 'afternoon');
