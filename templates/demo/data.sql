-- Names and telephones that are missing, and e-mails that differ only in case.
INSERT INTO public.customers (email, name, phone, created_at)
SELECT CASE WHEN n % 50 = 0 THEN 'Customer' || n / 2 || '@Example.com'
            ELSE 'customer' || n || '@example.com' END,
       CASE WHEN n % 9 <> 0 THEN 'Customer ' || n END,
       CASE WHEN n % 3 = 0 THEN '+49 30 ' || 100000 + n END,
       timestamptz '2023-01-01' + n * interval '1 hour'
FROM generate_series(1, 20000) n;

INSERT INTO public.products (sku, title, price_cents, attributes)
SELECT 'SKU-' || lpad(n::text, 5, '0'), 'Product ' || n, 100 + n * 37 % 9900,
       jsonb_build_object('weight', n % 500, 'fragile', n % 7 = 0)
FROM generate_series(1, 2000) n;

-- One order in 400 belongs to a customer who is gone, one in 60 to nobody.
INSERT INTO public.orders (customer_id, status, placed_at, shipped_at)
SELECT CASE WHEN n % 400 = 0 THEN 1000000 + n WHEN n % 60 <> 0 THEN 1 + n * 7919 % 20000 END,
       (ARRAY['new', 'paid', 'shipped', 'shipped', 'cancelled']::public.order_status[])[1 + n % 5],
       timestamptz '2024-01-01' + n * interval '9 minutes',
       CASE WHEN n % 5 IN (2, 3) THEN timestamptz '2024-01-03' + n * interval '9 minutes' END
FROM generate_series(1, 60000) n;

INSERT INTO public.order_lines (order_id, line_no, product_id, quantity, price_cents)
SELECT o, l, 1 + (o * 31 + l * 17) % 2000, 1 + (o + l) % 4, 100 + (o * 31 + l * 17) % 2000 * 37 % 9900
FROM generate_series(1, 60000) o, generate_series(1, 1 + o % 4) l;
