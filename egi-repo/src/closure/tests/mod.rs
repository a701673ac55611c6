mod cases;
mod draft;
mod peers;
mod speed;
