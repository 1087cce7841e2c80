# A small application on Flask: a route with a parameter, a template with a base, JSON.
from flask import Flask, jsonify, render_template, url_for

app = Flask(__name__)
GOODS = [{"id": n, "name": f"Tea <{n}>", "price": 3 * n + 0.5} for n in range(1, 51)]


@app.get("/goods")
def goods():
    return render_template("goods.html", goods=GOODS)


@app.get("/goods/<int:number>")
def one(number):
    return jsonify(GOODS[number - 1] | {"all": url_for("goods")})
